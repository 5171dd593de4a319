import { SluiceError } from '@sluice/core'
import { createReadStream } from 'node:fs'
import type { LoadCounts } from '../../catalog/lake-catalog.ts'
import type { DuckSession } from '../../duckdb/duck-session.ts'
import type { LoadRequest } from '../load-request.ts'
import type { SchemaPlan } from '../plan/plan-schema.ts'
import type { Reading } from '../plan/reading.ts'
import { misfitTests } from '../plan/select-rows.ts'
import type { SourceFile } from '../source/source-file.ts'
import { countMisfits, isKeeping } from './reject-misfits.ts'
import type { Rejection } from './rejection.ts'
import type { Rejections } from './rejections.ts'

/** Records that are rejected for one reason, and the first ones. */
export interface RejectedKind {
  readonly file: SourceFile
  readonly rows: number
  readonly samples: readonly Rejection[]
}

/** So many reasons are told, each with so much of a text. */
const toldKinds = 3
const toldText = 80
const toldRows = 5

/** The error that refuses a load: why, how often, and one record of each reason, so that the source can be mended at once. */
export async function refusal(
  code: 'LOAD_REJECTED' | 'LOAD_CONTRACT_BROKEN',
  session: DuckSession,
  request: LoadRequest,
  plan: SchemaPlan,
  readings: readonly Reading[],
  rejections: Rejections,
  counts: LoadCounts,
): Promise<SluiceError> {
  const hidden = sensitiveColumns(request)
  const kinds = [...rejections.kinds]
  for (const reading of readings) {
    const tests = misfitTests(plan, reading).filter(isKeeping)
    if (reading.places && tests.length > 0) kinds.push(...(await countMisfits(session, reading, reading.places, tests)))
  }
  const merged = mergedKinds(kinds)
  const told = await Promise.all(merged.slice(0, toldKinds).map((kind) => kindText(kind, hidden)))
  const others = merged.slice(toldKinds).reduce((sum, { rows }) => sum + rows, 0)
  const { quarantined: rejected, records } = counts
  const problem = `${rejected} of ${records} records are rejected: ${[...told, ...(others > 0 ? [`${others} for other reasons`] : [])].join('; ')}`
  const samples = [...merged.map((kind) => kind.samples.slice(0, 1)), ...merged.map((kind) => kind.samples.slice(1))]
    .flat()
    .slice(0, toldRows)
    .map((one) => shown(one, hidden))
  return new SluiceError(code, { problem, rejected, records, samples })
}

/** Of all files, most rows first. */
function mergedKinds(kinds: readonly RejectedKind[]): readonly RejectedKind[] {
  const merged = new Map<string, RejectedKind>()
  for (const kind of kinds) {
    const [first] = kind.samples
    const key = JSON.stringify([first?.reason, first?.column])
    const before = merged.get(key)
    merged.set(key, before === undefined ? kind : { ...before, rows: before.rows + kind.rows })
  }
  return [...merged.values()].toSorted((a, b) => b.rows - a.rows)
}

/** `8 with VALUE_INVALID in fare (trips.csv, line 13: 'x' is no double)` */
async function kindText({ rows, file, samples: [first] }: RejectedKind, hidden: ReadonlySet<string>): Promise<string> {
  if (first === undefined) return String(rows)
  const { reason, column, problem, raw } = shown(first, hidden)
  const line = await lineOf(file, first)
  const place = [file.label, line === undefined ? `record ${first.record}` : `line ${line}`]
  const text = column === undefined && raw !== '' ? `: ${JSON.stringify(cut(raw, toldText))}` : ''
  const where = place.filter((part) => part !== undefined).join(', ')
  return `${rows} with ${reason}${column === undefined ? '' : ` in ${column}`} (${where}: ${cut(problem, 2 * toldText)}${text})`
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text
}

/** Of a table with columns that are not to be shown: without their values, and without whole records. */
function shown(rejection: Rejection, hidden: ReadonlySet<string>): Rejection {
  if (hidden.size === 0) return rejection
  const isHidden = rejection.column !== undefined && hidden.has(rejection.column)
  return { ...rejection, raw: '', ...(isHidden && { problem: 'a value that is not to be shown does not fit' }) }
}

function sensitiveColumns({ declared, sensitive = [] }: LoadRequest): ReadonlySet<string> {
  const said = Object.entries(declared?.columns ?? {}).flatMap(([name, { sensitive: is }]) => (is ? [name] : []))
  return new Set([...said, ...sensitive])
}

/** In larger files it would take longer than it helps. */
const farthest = 1 << 28

/** Where an editor finds a record; undefined: the file is not in lines, or they are not those of the source. */
async function lineOf(file: SourceFile, { offset }: Rejection): Promise<number | undefined> {
  if (file.format !== 'csv' || file.rowIds !== undefined || offset === undefined || offset > farthest) return undefined
  if (offset === 0) return 1
  let [lines, returns, last] = [0, 0, 0]
  for await (const chunk of createReadStream(file.path, { end: offset - 1 }) as AsyncIterable<Buffer>)
    for (const byte of chunk) {
      if (byte === 10) lines += 1
      // A carriage return alone ends a line where nothing else does.
      else if (last === 13) returns += 1
      last = byte
    }
  return 1 + (lines > 0 ? lines : returns + (last === 13 ? 1 : 0))
}
