import { artifactColumns, type ArtifactRow, decodeArtifact } from '../codec/artifact-codec.ts'
import { columnList } from '../codec/columns.ts'
import type { Artifact } from '../records.ts'
import { type Query, query, rowsOf, type Steps } from '../statement.ts'

/** A range of `artifact_key`, sorted. No lock. */
const selectArtifacts: Query<[rootId: string], ArtifactRow> = query(
  'list-artifacts',
  `select ${columnList(artifactColumns)} from artifact where root_id = $1 order by created_at, id`,
)

/** The artifacts of a tree, oldest first. */
export function* listArtifacts(rootId: string): Steps<readonly Artifact[]> {
  return (yield* rowsOf(selectArtifacts(rootId))).map(decodeArtifact)
}
