import { SluiceError } from '@sluice/core'
import type { LoadCounts } from '../../catalog/lake-catalog.ts'
import type { DuckSession } from '../../duckdb/duck-session.ts'
import type { LoadRequest } from '../load-request.ts'
import type { SchemaPlan } from '../plan/plan-schema.ts'
import type { Reading } from '../plan/reading.ts'
import { anyOf, misfitTests, selectFitting, selectStrictly } from '../plan/select-rows.ts'
import { refusal } from './refuse-load.ts'
import { isKeeping, rejectMisfits } from './reject-misfits.ts'
import type { Rejections } from './rejections.ts'

/** What became of every record of a load. */
export interface ClosedLoad {
  readonly selects: readonly string[]
  readonly rejected: string | undefined
  readonly counts: LoadCounts
}

interface FileCounts {
  readonly records: number
  readonly fitting: number
  /** Rows that fail a test, all of which say that such rows are left out. */
  readonly discarded: number
  readonly rejected: number
  /** Of the rejected ones: those that break what is frozen. */
  readonly frozen: number
}

/**
 * Settles every record of files that were looked at closely: the rows that fit, the others rejected with their reasons. Throws
 * `LOAD_REJECTED` beyond `maxRejected`, `LOAD_CONTRACT_BROKEN` where types are frozen, `LOAD_COUNT_MISMATCH`.
 */
export async function closeLoad(
  session: DuckSession,
  request: LoadRequest,
  plan: SchemaPlan,
  { readings, filtered }: { readonly readings: readonly Reading[]; readonly filtered: number },
  rejections: Rejections,
): Promise<ClosedLoad> {
  const structural = rejections.count
  const files: FileCounts[] = []
  for (const reading of readings) files.push(await countFile(session, plan, reading, request.cursor !== undefined))
  const records = sum(files.map((file) => file.records))
  const counts: LoadCounts = {
    records,
    loaded: sum(files.map((file) => file.fitting)),
    quarantined: structural + sum(files.map((file) => file.rejected)),
    discarded: sum(files.map((file) => file.discarded)),
    filtered,
  }
  const broken = counts.quarantined > 0 && counts.quarantined > allowed(request, records)
  const frozen = sum(files.map((file) => file.frozen)) > 0
  requireAccounted(counts)
  if (broken || frozen) {
    const code = frozen ? 'LOAD_CONTRACT_BROKEN' : 'LOAD_REJECTED'
    throw await refusal(code, session, request, plan, readings, rejections, counts)
  }
  await rejectAll(session, plan, readings, rejections)
  const selects = readings.map((reading) =>
    isCareful(reading) ? selectFitting(request, plan, reading) : selectStrictly(request, plan, reading),
  )
  return { selects, rejected: await rejections.end(), counts }
}

/** Whether single rows of it can be rejected. */
export function isCareful(reading: Reading): boolean {
  return reading.places !== undefined
}

async function countFile(
  session: DuckSession,
  plan: SchemaPlan,
  reading: Reading,
  filtered: boolean,
): Promise<FileCounts> {
  // Whoever looks closely has counted first.
  const { records = 0 } = reading
  if (!isCareful(reading) && !filtered) return { records, fitting: records, discarded: 0, rejected: 0, frozen: 0 }
  const tests = isCareful(reading) ? misfitTests(plan, reading) : []
  const keeping = tests.filter(isKeeping)
  const counted = [
    tests,
    // Counted apart only where the answer is another one.
    keeping.length < tests.length ? keeping : undefined,
    tests.filter(({ rule }) => rule === 'freeze'),
  ].map((some, i) => (some === undefined ? '' : `, count(*) FILTER (${anyOf(some)}) AS n${i}`))
  const [found] = await session.all<{ n: number; n0: number; n1?: number; n2: number }>(
    `SELECT count(*) AS n${counted.join('')} FROM ${reading.from}`,
  )
  const { n = 0, n0: misfits = 0, n1: rejected = misfits, n2: frozen = 0 } = found ?? {}
  return { records, fitting: n - misfits, discarded: misfits - rejected, rejected, frozen }
}

async function rejectAll(
  session: DuckSession,
  plan: SchemaPlan,
  readings: readonly Reading[],
  rejections: Rejections,
): Promise<void> {
  for (const reading of readings) {
    const tests = misfitTests(plan, reading).filter(isKeeping)
    if (reading.places === undefined || tests.length === 0) continue
    await rejectMisfits(session, reading, reading.places, tests, rejections)
  }
}

function allowed({ options, declared }: LoadRequest, records: number): number {
  const share = options.maxRejected ?? declared?.maxRejected ?? 0.01
  // All rejected is always too many.
  return Math.min(Math.floor(share * records), records - 1)
}

function requireAccounted(counts: LoadCounts): void {
  const { records, loaded, quarantined, discarded, filtered } = counts
  if (records === loaded + quarantined + discarded + filtered) return
  const problem = `${records} records, ${loaded} loaded, ${quarantined} quarantined, ${discarded} discarded, ${filtered} filtered`
  throw new SluiceError('LOAD_COUNT_MISMATCH', { problem, ...counts })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
