import { SluiceError } from '@sluice/core'
import type { LakeCommitEntry } from '../../lake-store.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

/** Ids of one writer begin alike, as its announcement says: so many characters. */
const shared = 18

/**
 * The commit that fences a writer: once it is made, no commit whose id begins like it is. Who deletes what a writer has left makes it
 * first, so that a writer that comes back commits nothing that names deleted files.
 */
export function writerFenceId(prefix: string): string {
  return `${prefix.slice(0, shared)}-8000-000000000000`
}

/** One row. Who fences the writer meanwhile waits on PostgreSQL until this transaction is done. */
const holdFence: Query<[id: string, workspace: string], { id: string }> = query(
  'hold-lake-writer-fence',
  bothTexts(
    (dialect) => `insert into lake_commit (id, workspace, root_id, epoch, receipt, created_by, created_at)
    values ($1, $2, null, null, '[]', '', ${storeNow[dialect]}) on conflict (id) do nothing returning id`,
  ),
)

/** One row by primary key. */
const releaseFence: Query<[id: string]> = query('release-lake-writer-fence', 'delete from lake_commit where id = $1')

/** Holds the fences of all writers until {@link releaseWriters}. Throws `LAKE_COMMIT_CONFLICT` for one that was fenced. */
export function* requireWriters(workspace: string, commits: readonly LakeCommitEntry[]): Steps<readonly string[]> {
  const fences = new Map(commits.map(({ id }) => [writerFenceId(id), id] as const))
  const held: string[] = []
  for (const [fence, commit] of [...fences].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    // The commit that is the fence itself.
    if (fence === commit) continue
    if ((yield* firstOf(holdFence(fence, workspace))) === undefined)
      throw new SluiceError('LAKE_COMMIT_CONFLICT', {
        commit,
        problem: 'its writer was silent for so long that its files were deleted: it has to write them again',
        swept: true,
      })
    held.push(fence)
  }
  return held
}

export function* releaseWriters(held: readonly string[]): Steps<void> {
  for (const fence of held) yield* rowsOf(releaseFence(fence))
}
