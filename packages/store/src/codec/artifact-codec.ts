import type { Micros } from '@sluice/core'
import type { Artifact, ArtifactKind } from '../records.ts'
import type { ColumnsOf, Encoded } from './columns.ts'
import { parseColumn, plainText, plainTextOrNull } from './text.ts'

/** The columns of `artifact`. */
export const artifactColumns: ColumnsOf<ArtifactRow> = {
  id: 'id',
  root_id: 'id',
  run_id: 'id',
  task_run_id: 'id',
  key: 'text',
  kind: 'text',
  description: 'text',
  data: 'text',
  created_at: 'bigint',
  updated_at: 'bigint',
}

export interface ArtifactRow {
  readonly id: string
  readonly root_id: string
  readonly run_id: string
  readonly task_run_id: string | null
  readonly key: string
  readonly kind: ArtifactKind
  readonly description: string | null
  readonly data: string
  readonly created_at: Micros
  readonly updated_at: Micros
}

export function encodeArtifact(artifact: Artifact): Encoded<ArtifactRow> {
  return {
    id: artifact.id,
    root_id: artifact.rootId,
    run_id: artifact.runId,
    task_run_id: artifact.taskRunId,
    key: plainText(artifact.key),
    kind: artifact.kind,
    description: plainTextOrNull(artifact.description),
    data: JSON.stringify(artifact.data),
    created_at: artifact.createdAt,
    updated_at: artifact.updatedAt,
  }
}

export function decodeArtifact(row: ArtifactRow): Artifact {
  return {
    id: row.id,
    rootId: row.root_id,
    runId: row.run_id,
    taskRunId: row.task_run_id,
    key: row.key,
    kind: row.kind,
    description: row.description,
    data: parseColumn<Artifact['data']>(row.data, {}),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
