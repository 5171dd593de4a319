import { decodeLakeReceipt } from '../../codec/lake-codec.ts'
import type { LakeReceipt } from '../../lake-store.ts'
import { bothTexts, listed, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'

interface ReceiptRow {
  readonly id: string
  readonly receipt: string
}

/** One row by primary key each. No lock. */
const selectCommits: Query<[ids: string], ReceiptRow> = query(
  'find-lake-commits',
  bothTexts((dialect) => `select id, receipt from lake_commit where id in ${listed('$1')[dialect]} order by id`),
)

/** {@link LakeStore.findLakeCommits} */
export function* findLakeCommits(ids: readonly string[]): Steps<readonly LakeReceipt[]> {
  return (yield* rowsOf(selectCommits(listOf(ids)))).map(decodeLakeReceipt)
}
