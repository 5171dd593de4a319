import type { ArtifactJson } from '@sluice/api'
import type { Json } from '@sluice/core'
import type { Artifact } from '../records.ts'
import { iso } from './fields.ts'

/** An artifact as the API and `--json` tell it. */
export function artifactEntity(artifact: Artifact): ArtifactJson {
  const { id, rootId, runId, taskRunId, key, kind, description, createdAt, updatedAt } = artifact
  const data = { ...artifact.data } as Record<string, Json>
  return {
    id,
    rootId,
    runId,
    taskRunId,
    key,
    kind,
    description,
    data,
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
  }
}
