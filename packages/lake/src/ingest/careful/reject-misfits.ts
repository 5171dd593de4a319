import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { DuckSession } from '../../duckdb/duck-session.ts'
import { literal } from '../../duckdb/quote.ts'
import type { Places, Reading } from '../plan/reading.ts'
import { anyOf, type MisfitTest } from '../plan/select-rows.ts'
import type { RejectedKind } from './refuse-load.ts'
import { longestRaw, type Rejection, type RejectionReason } from './rejection.ts'
import type { Rejections } from './rejections.ts'

/** Whether a row that fails it is kept aside: the strictest of the rules that a row breaks counts. */
export function isKeeping({ rule }: MisfitTest): boolean {
  return rule !== 'discard'
}

interface MisfitRow {
  readonly record: number
  readonly offset: number | null
  readonly length: number | null
  readonly raw: string | null
  readonly test: number
  readonly value: string | null
}

const longestValue = 200

/** Rejects the rows of a file that fail a test, with their raw text: the first test that fails is the reason. */
export async function rejectMisfits(
  session: DuckSession,
  reading: Reading,
  places: Places,
  tests: readonly MisfitTest[],
  rejections: Rejections,
): Promise<void> {
  await using source = places.raw === undefined ? await open(reading.file.path, 'r') : undefined
  for await (const rows of session.stream<MisfitRow>(misfitSelect(reading, places, tests)))
    for (const row of rows) {
      const full = rejections.add(reading.file, await rejectionOf(row, tests, source))
      if (full) await full
    }
}

/** How many rows of a file fail each test, and the first ones. */
export async function countMisfits(
  session: DuckSession,
  reading: Reading,
  places: Places,
  tests: readonly MisfitTest[],
): Promise<readonly RejectedKind[]> {
  await using source = places.raw === undefined ? await open(reading.file.path, 'r') : undefined
  const row = `{'record': record, 'offset': "offset", 'length': "length", 'raw': left(raw, ${longestValue}), 'test': test, 'value': value}`
  const found = await session.all<{ n: number; rows: readonly MisfitRow[] }>(
    `SELECT count(*) AS n, arg_min(${row}, record, ${sampleRows}) AS rows FROM (${misfitSelect(reading, places, tests)}) GROUP BY test ORDER BY test`,
  )
  const kinds: RejectedKind[] = []
  for (const { n, rows } of found) {
    const samples: Rejection[] = []
    for (const one of rows) samples.push(await rejectionOf(one, tests, source))
    kinds.push({ file: reading.file, rows: n, samples })
  }
  return kinds
}

const sampleRows = 5

async function rejectionOf(
  row: MisfitRow,
  tests: readonly MisfitTest[],
  source: FileHandle | undefined,
): Promise<Rejection> {
  const test = tests[row.test]
  return {
    reason: test?.reason ?? 'VALUE_INVALID',
    record: row.record,
    offset: row.offset === null ? undefined : row.offset,
    column: test?.column,
    problem: problemOf(test, row.value),
    raw: source === undefined ? (row.raw ?? '') : await rawText(source, row.offset ?? 0, row.length ?? 0),
  }
}

function misfitSelect({ from }: Reading, places: Places, tests: readonly MisfitTest[]): string {
  const which = tests.map(({ misfit }, i) => `WHEN ${misfit} THEN ${i}`).join(' ')
  const value = tests
    .map(({ raw }, i) =>
      raw === undefined ? '' : `WHEN ${i} THEN left(CAST(${raw.value} AS VARCHAR), ${longestValue})`,
    )
    .join(' ')
  const columns = `${places.record} AS record, ${places.offset} AS "offset", ${places.length} AS "length", ${places.raw ?? 'NULL'} AS raw`
  const shown = value.trim() === '' ? literal('') : `CASE test ${value} END`
  return `SELECT record, "offset", "length", raw, test, ${shown} AS value FROM (SELECT *, ${columns}, CASE ${which} END AS test FROM ${from} WHERE ${anyOf(tests)})`
}

async function rawText(source: FileHandle, offset: number, length: number): Promise<string> {
  const bytes = Buffer.alloc(Math.min(length, longestRaw))
  const { bytesRead } = await source.read(bytes, 0, bytes.length, offset)
  return bytes.toString('utf8', 0, bytesRead).replace(/\r$/, '')
}

function problemOf(test: MisfitTest | undefined, value: string | null): string {
  const type = test?.type ?? 'string'
  const text = typeof type === 'string' ? type : type.type
  const says: Readonly<Partial<Record<RejectionReason, string>>> = {
    VALUE_MISSING: 'it has no value',
    VALUE_NOT_ACCEPTED: `'${value}' is none of the accepted values`,
    COLUMN_UNKNOWN: `the table has no ${test?.type === undefined ? 'such column' : 'such member of it'}: '${value}'`,
  }
  return says[test?.reason ?? 'VALUE_INVALID'] ?? `'${value}' is no ${text}`
}
