import * as z from 'zod'
import { id, jsonObject, text, time } from '../basics.ts'

export const artifactKind = z.enum(['markdown', 'table', 'link', 'progress'])

export const artifact = z
  .strictObject({
    id,
    rootId: id,
    runId: id,
    taskRunId: id.nullable(),
    key: text(1_000),
    kind: artifactKind,
    description: text(10_000).nullable(),
    data: jsonObject.meta({
      description: '`{ markdown }`, `{ columns, rows }`, `{ url, text }` or `{ done, total, label }`.',
    }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Artifact' })

export type ArtifactJson = z.infer<typeof artifact>
