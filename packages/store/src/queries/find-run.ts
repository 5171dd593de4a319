import { SluiceError } from '@sluice/core'
import { decodeRun, type RunRow } from '../codec/run-codec.ts'
import type { RunRecord } from '../records.ts'
import { type Query, query, rowsOf, type Steps } from '../statement.ts'
import { allOfRun } from './fragments.ts'

/** A range of the primary key; two rows suffice to know that the prefix is not enough. No lock. */
const selectByRange: Query<[low: string, high: string], RunRow> = query(
  'find-run',
  `select ${allOfRun} from run where id >= $1 and id <= $2 order by id limit 2`,
)

/** The one run, root or child, whose id begins with `prefix`, hyphens or not. Throws `AMBIGUOUS_ID`. */
export function* findRun(prefix: string): Steps<RunRecord | undefined> {
  const digits = prefix.replaceAll('-', '').toLowerCase()
  if (!/^[0-9a-f]{1,32}$/.test(digits)) return undefined
  const [first, second] = yield* rowsOf(selectByRange(padded(digits, '0'), padded(digits, 'f')))
  if (first !== undefined && second !== undefined) {
    throw new SluiceError('AMBIGUOUS_ID', { prefix, matches: [first.id, second.id] })
  }
  return first && decodeRun(first)
}

/** The lowest or highest id with these first digits. */
function padded(digits: string, digit: string): string {
  return digits.padEnd(32, digit).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}
