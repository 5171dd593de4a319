import { isSluiceError, SluiceError } from '@sluice/core'
import type { DuckSession } from '../../duckdb/duck-session.ts'
import { identifier } from '../../duckdb/quote.ts'
import { nameColumns } from '../columns/name-columns.ts'
import type { LoadRequest } from '../load-request.ts'
import { csvColumns, csvFrom } from '../plan/read-csv.ts'
import { inferTypes } from '../plan/read-files.ts'
import { readJson } from '../plan/read-json.ts'
import type { Reading } from '../plan/reading.ts'
import type { CsvFile, JsonFile, SourceFile } from '../source/source-file.ts'
import type { Rejections } from './rejections.ts'
import { splitCsv } from './split-csv.ts'
import { placeKeys, splitJson } from './split-json.ts'

/** A file that is split by ourselves: every record has its place, and those that are none are rejected already. */
export interface CarefulReading extends Reading {
  /** Those that can be read. */
  readonly good: number
}

/** Reads a file closely, with types as all its rows say. */
export async function readCarefully(
  session: DuckSession,
  file: SourceFile,
  target: string,
  rejections: Rejections,
  request: LoadRequest,
): Promise<CarefulReading> {
  if (file.format === 'csv') return carefulCsv(session, file, target, rejections, request)
  if (file.format === 'ndjson') return carefulJson(session, file, target, rejections, request)
  throw new SluiceError('LOAD_SOURCE_UNREADABLE', { source: file.label, problem: 'it is not what it says of itself' })
}

async function carefulCsv(
  session: DuckSession,
  file: CsvFile,
  target: string,
  rejections: Rejections,
  request: LoadRequest,
): Promise<CarefulReading> {
  const split = await splitCsv(file, target, rejections, request.signal)
  const names = nameColumns(file.dialect.columns, request.options.rename ?? {}, file.label ?? 'stream')
  const columns = csvColumns(file, names)
  const places = ['record', 'offset', 'length'].map((name) => `place ${name}`)
  const reading: Reading = {
    file,
    from: csvFrom(target, file.dialect, [...places, ...columns.map((_, i) => `c${i}`)], {
      header: false,
      lineEnd: '\n',
    }),
    columns,
    records: split.records,
    places: { record: bigint('place record'), offset: bigint('place offset'), length: bigint('place length') },
  }
  const inferred = await inferTypes(session, reading)
  return counted(inferred, split.good, file)
}

async function carefulJson(
  session: DuckSession,
  file: JsonFile,
  target: string,
  rejections: Rejections,
  request: LoadRequest,
): Promise<CarefulReading> {
  const split = await splitJson(file, target, rejections, request.signal)
  const nameAll = (sources: readonly string[]): readonly string[] =>
    nameColumns(sources, request.options.rename ?? {}, file.label ?? 'rows')
  const { reading, candidates } = await readJson(
    session,
    { ...file, path: target, records: split.good },
    nameAll,
    true,
  ).catch((cause: unknown) => {
    // There is no closer look than this.
    if (!isSluiceError(cause, 'LAKE_QUERY_FAILED')) throw cause
    const { problem } = cause.details
    throw new SluiceError('LOAD_SOURCE_UNREADABLE', { source: file.label ?? 'rows', problem }, { cause })
  })
  const placed: Reading = {
    ...reading,
    file,
    records: split.records,
    places: {
      record: identifier(placeKeys.record),
      offset: identifier(placeKeys.offset),
      length: identifier(placeKeys.length),
    },
  }
  const inferred = await inferTypes(session, placed, candidates)
  return counted(inferred, split.good, file)
}

function bigint(column: string): string {
  return `CAST(${identifier(column)} AS BIGINT)`
}

function counted(
  { reading, rows }: { readonly reading: Reading; readonly rows: number },
  good: number,
  file: SourceFile,
): CarefulReading {
  if (rows === good) return { ...reading, good }
  const problem = `${good} records were found, ${rows} were read`
  throw new SluiceError('LOAD_COUNT_MISMATCH', { source: file.label, problem })
}
