import { SluiceError } from '@sluice/core'
import type { LoadCounts } from '../../catalog/lake-catalog.ts'
import type { DuckSession } from '../../duckdb/duck-session.ts'
import type { LoadRequest } from '../load-request.ts'
import { type SchemaPlan, typesMode } from '../plan/plan-schema.ts'
import type { Reading } from '../plan/reading.ts'
import { anyOf, misfitTests, selectFitting, selectStrictly } from '../plan/select-rows.ts'
import { rejectMisfits } from './reject-misfits.ts'
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
  readonly misfits: number
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
  const misfits = sum(files.map((file) => file.misfits))
  const mode = typesMode(request)
  const counts: LoadCounts = {
    records,
    loaded: sum(files.map((file) => file.fitting)),
    quarantined: structural + (mode === 'discard' ? 0 : misfits),
    discarded: mode === 'discard' ? misfits : 0,
    filtered,
  }
  const broken = counts.quarantined > 0 && counts.quarantined > allowed(request, records)
  if (mode !== 'discard') await rejectAll(session, plan, readings, rejections, broken || mode === 'freeze')
  requireAccounted(counts)
  if (mode === 'freeze' && misfits > 0) throw failure('LOAD_CONTRACT_BROKEN', counts, rejections)
  if (broken) throw failure('LOAD_REJECTED', counts, rejections)
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
  if (!isCareful(reading) && !filtered) return { records, fitting: records, misfits: 0 }
  const tests = isCareful(reading) ? misfitTests(plan, reading) : []
  const misfit = tests.length === 0 ? 'false' : anyOf(tests)
  const [found] = await session.all<{ n: number; misfits: number }>(
    `SELECT count(*) AS n, count(*) FILTER (${misfit}) AS misfits FROM ${reading.from}`,
  )
  const [rows, misfits] = [found?.n ?? 0, found?.misfits ?? 0]
  return { records, fitting: rows - misfits, misfits }
}

async function rejectAll(
  session: DuckSession,
  plan: SchemaPlan,
  readings: readonly Reading[],
  rejections: Rejections,
  few: boolean,
): Promise<void> {
  for (const reading of readings) {
    const tests = misfitTests(plan, reading)
    if (reading.places === undefined || tests.length === 0) continue
    // A load that fails shows some.
    const some = few ? { ...reading, from: `(SELECT * FROM ${reading.from} WHERE ${anyOf(tests)} LIMIT 5)` } : reading
    await rejectMisfits(session, some, reading.places, tests, rejections)
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

function failure(
  code: 'LOAD_REJECTED' | 'LOAD_CONTRACT_BROKEN',
  counts: LoadCounts,
  { samples }: Rejections,
): SluiceError {
  const [first] = samples
  const where =
    first === undefined
      ? ''
      : `; record ${first.record}${first.column === undefined ? '' : `, ${first.column}`}: ${first.problem}`
  const problem = `${counts.quarantined} of ${counts.records} records are rejected${where}`
  return new SluiceError(code, { problem, rejected: counts.quarantined, records: counts.records, samples })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
