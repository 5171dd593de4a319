import { SluiceError } from '@sluice/core'
import { plainText } from '../../codec/text.ts'
import type { LakeCommitEntry, LakeReceipt } from '../../lake-store.ts'
import { bothTexts, firstOf, listed, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { locking, storeNow } from '../fragments.ts'

/** One row. Who sends the same commit meanwhile waits for this transaction on PostgreSQL, and then finds the id taken. */
const insertCommit: Query<
  [id: string, workspace: string, rootId: string | null, epoch: number | null, receipt: string, createdBy: string],
  { id: string }
> = query(
  'insert-lake-commit',
  bothTexts(
    (dialect) => `insert into lake_commit (id, workspace, root_id, epoch, receipt, created_by, created_at)
    values ($1, $2, $3, $4, $5, $6, ${storeNow[dialect]}) on conflict (id) do nothing returning id`,
  ),
)

const deleteCommits: Query<[ids: string]> = query(
  'forget-lake-commits',
  bothTexts((dialect) => `delete from lake_commit where id in ${listed('$1')[dialect]}`),
)

/** Takes the ids of all commits, in their order; or none, when one of them is taken. */
export function* rememberCommits(
  workspace: string,
  commits: readonly LakeCommitEntry[],
  receiptOf: (commit: LakeCommitEntry) => LakeReceipt['tables'],
): Steps<boolean> {
  const taken: string[] = []
  for (const commit of commits.toSorted((one, other) => (one.id < other.id ? -1 : 1))) {
    const run = [commit.run?.rootId ?? null, commit.run?.epoch ?? null] as const
    const receipt = JSON.stringify(receiptOf(commit))
    const row = yield* firstOf(insertCommit(commit.id, workspace, ...run, receipt, plainText(commit.createdBy)))
    if (row !== undefined) taken.push(commit.id)
  }
  if (taken.length === commits.length) return true
  yield* rowsOf(deleteCommits(listOf(taken)))
  return false
}

/** One row by primary key, kept from being claimed by another owner until the commit is done. */
const holdRun: Query<[rootId: string], { epoch: number }> = query(
  'hold-run-of-lake-commit',
  bothTexts((dialect) => `select epoch from run where id = $1 ${locking(dialect, 'for share')}`),
)

/** The fence: every run that commits is still its owner's, and stays so until the commit is done. */
export function* requireOwners(commits: readonly LakeCommitEntry[]): Steps<void> {
  const roots = new Set(commits.flatMap(({ run }) => (run === null ? [] : [run.rootId])))
  for (const rootId of [...roots].toSorted()) {
    const found = yield* firstOf(holdRun(rootId))
    for (const { id, run } of commits) {
      if (run === null || run.rootId !== rootId || run.epoch === found?.epoch) continue
      throw new SluiceError('RUN_FENCED', { run: rootId, epoch: found?.epoch, expectedEpoch: run.epoch, commit: id })
    }
  }
}
