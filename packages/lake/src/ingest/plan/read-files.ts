import type { DuckSession } from '../../duckdb/duck-session.ts'
import { candidatesAfter, inferText } from '../columns/infer-text.ts'
import { type TextType, textTypes } from '../columns/inferred-sql.ts'
import { nameColumns } from '../columns/name-columns.ts'
import type { LoadRequest } from '../load-request.ts'
import type { SourceFile } from '../source/source-file.ts'
import { readCsv } from './read-csv.ts'
import { readJson } from './read-json.ts'
import { readParquet } from './read-parquet.ts'
import type { Reading } from './reading.ts'

/** Values that a guess looks at: enough to be right nearly always, which the strict read then proves. */
const guessRows = 20_000
const guessValues = 2_000_000

/** A reading, and how many rows it was judged by. */
export interface InferredReading {
  readonly reading: Reading
  readonly rows: number
}

/** How a file is read, and, for texts, what the first rows say of their types. */
export async function readFile(session: DuckSession, file: SourceFile, request: LoadRequest): Promise<Reading> {
  const nameAll = (sources: readonly string[]): readonly string[] =>
    nameColumns(sources, request.options.rename ?? {}, file.label ?? 'rows')
  if (file.format === 'parquet') return readParquet(session, file, nameAll)
  if (file.format === 'csv') {
    const csv = readCsv(file, nameAll(file.dialect.columns))
    return lookAt(
      session,
      csv,
      csv.columns.map(() => textTypes),
    )
  }
  const { reading, candidates } = await readJson(session, file, nameAll)
  return lookAt(session, reading, candidates)
}

/** Tests of thousands of columns in one statement take longer than a look at all rows, after which none is needed. */
const wide = 300

async function lookAt(
  session: DuckSession,
  reading: Reading,
  candidates: readonly (readonly TextType[])[],
): Promise<Reading> {
  if (reading.columns.length <= wide) return guessTypes(session, reading, candidates)
  return (await inferTypes(session, reading, candidates)).reading
}

/** A first look, that leaves few types to try: a cast that fails is far slower than one that does not. */
const firstRows = 100

async function guessTypes(
  session: DuckSession,
  reading: Reading,
  candidates: readonly (readonly TextType[])[],
): Promise<Reading> {
  const { reading: first, rows } = await inferColumns(session, reading, candidates, firstRows)
  if (rows < firstRows) return first
  const limit = Math.max(firstRows, Math.min(guessRows, Math.floor(guessValues / Math.max(1, reading.columns.length))))
  return (await widen(session, first, stillOpen(first, candidates), limit)).reading
}

/** What all rows say of the columns that are texts and may be one of these types. */
export async function inferTypes(
  session: DuckSession,
  reading: Reading,
  candidates: readonly (readonly TextType[])[] = allTypes(reading),
): Promise<InferredReading> {
  const guessed = reading.columns.some(({ type }) => type !== undefined)
    ? reading
    : await guessTypes(session, reading, candidates)
  const { reading: told, rows } = await widen(session, guessed, stillOpen(guessed, candidates))
  const columns = told.columns.map((column, i) =>
    (candidates[i]?.length ?? 0) > 0 ? { ...column, proved: true as const } : column,
  )
  return { reading: { ...told, columns }, rows }
}

/** Looks whether columns keep their types, and only where they do not for wider ones: a type that fits is cheap to test. */
async function widen(
  session: DuckSession,
  reading: Reading,
  open: readonly (readonly TextType[])[],
  limit?: number,
): Promise<InferredReading> {
  const isTold = (i: number): boolean => reading.columns[i]?.type !== undefined
  const narrow = open.map((types, i) => (isTold(i) ? types.slice(0, 1) : types))
  const kept = await inferColumns(session, reading, narrow, limit)
  const wider = open.map((types, i) => (isTold(i) && kept.reading.columns[i]?.type === 'string' ? types.slice(1) : []))
  return wider.some((types) => types.length > 0) ? inferColumns(session, kept.reading, wider, limit) : kept
}

function allTypes({ columns }: Reading): readonly (readonly TextType[])[] {
  return columns.map(({ guessed }) => (guessed ? textTypes : []))
}

/** What a wider look may make of columns, after their first values. */
function stillOpen(reading: Reading, candidates: readonly (readonly TextType[])[]): readonly (readonly TextType[])[] {
  return reading.columns.map(({ type }, i) => {
    const before = candidates[i] ?? []
    if (type === undefined) return before
    return typeof type === 'string' ? candidatesAfter(type).filter((wider) => before.includes(wider)) : []
  })
}

/** Types of the columns that are texts, of those types that each may be. A column that may be none keeps its own. */
async function inferColumns(
  session: DuckSession,
  reading: Reading,
  candidates: readonly (readonly TextType[])[],
  limit?: number,
): Promise<InferredReading> {
  const looked = reading.columns
    .map((column, i) => ({ column, i, candidates: candidates[i] ?? [] }))
    .filter(({ candidates: some }) => some.length > 0)
  const texts = looked.map(({ column, candidates: some }) => ({ value: column.value, candidates: some }))
  const { types, rows } = await inferText(session, reading.from, texts, limit)
  const found = new Map(looked.map(({ i }, at) => [i, types[at]]))
  const columns = reading.columns.map((column, i) => (found.has(i) ? { ...column, type: found.get(i) } : column))
  return { reading: { ...reading, columns }, rows }
}
