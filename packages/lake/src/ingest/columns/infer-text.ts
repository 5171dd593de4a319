import type { DuckSession } from '../../duckdb/duck-session.ts'
import { identifier } from '../../duckdb/quote.ts'
import type { PrimitiveType } from '../../format/schema.ts'
import { inferredSql, type TextType, textTypes } from './inferred-sql.ts'

/** A column of texts: the type of all its values; undefined when it has none. */
export interface TextColumn {
  /** SQL of the text, null where there is none. */
  readonly value: string
  /** What it may be at all. */
  readonly candidates: readonly TextType[]
}

/** Expressions in one statement: more make DuckDB's planning slow. */
const perStatement = 400

/** What a wider look at a column of this type (by its first values) may make of it. */
export function candidatesAfter(type: PrimitiveType | undefined): readonly TextType[] {
  if (type === undefined) return textTypes
  const wider: Partial<Record<PrimitiveType, readonly TextType[]>> = {
    boolean: ['boolean'],
    long: ['long', 'decimal(38, 0)', 'double'],
    'decimal(38, 0)': ['decimal(38, 0)', 'double'],
    double: ['double'],
    date: ['date', 'timestamp'],
    time: ['time'],
    timestamp: ['timestamp'],
    timestamptz: ['timestamptz'],
  }
  return wider[type] ?? []
}

/** From here on values are looked at as rows: DuckDB plans a statement of ten thousand expressions for minutes. */
const wide = 300

/** Types of columns of texts, by all rows of `from` or by the first `limit`, and how many rows these are. */
export async function inferText(
  session: DuckSession,
  from: string,
  columns: readonly TextColumn[],
  limit?: number,
): Promise<{ readonly types: readonly (PrimitiveType | undefined)[]; readonly rows: number }> {
  if (columns.length > wide) return inferWide(session, from, columns, limit)
  const types: (PrimitiveType | undefined)[] = []
  const width = Math.floor(perStatement / (textTypes.length + 1))
  let rows = 0
  for (let at = 0; at === 0 || at < columns.length; at += width) {
    const batch = columns.slice(at, at + width)
    const facts = await factsOf(session, from, batch, limit)
    rows = Number(facts['n'])
    for (const [i, { candidates }] of batch.entries())
      types.push(typeOf(Number(facts[`n${i}`]), candidates, (_, t) => facts[`t${i}_${t}`] === true))
  }
  return { types, rows }
}

async function factsOf(
  session: DuckSession,
  from: string,
  columns: readonly TextColumn[],
  limit: number | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const facts = columns.flatMap(({ candidates }, i) => [
    `count(c${i}) AS n${i}`,
    ...candidates.map((type, t) => `bool_and(${fits(type, `c${i}`)}) AS t${i}_${t}`),
  ])
  const rows = rowsOf(from, columns, limit)
  const [found] = await session.all<Record<string, unknown>>(
    `SELECT ${['count(*) AS n', ...facts].join(', ')} FROM ${rows}`,
  )
  return found ?? {}
}

function rowsOf(from: string, columns: readonly TextColumn[], limit: number | undefined): string {
  const values = columns.map(({ value }, i) => `${value} AS c${i}`).join(', ')
  return `(SELECT ${values || '1'} FROM ${from}${limit === undefined ? '' : ` LIMIT ${limit}`})`
}

/** As rows of a name and a value: a thousand columns at a time, as each takes memory for as many values as DuckDB reads at once. */
async function inferWide(
  session: DuckSession,
  from: string,
  columns: readonly TextColumn[],
  limit: number | undefined,
): Promise<{ readonly types: readonly (PrimitiveType | undefined)[]; readonly rows: number }> {
  const types: (PrimitiveType | undefined)[] = []
  for (let at = 0; at < columns.length; at += perPivot)
    types.push(...(await pivoted(session, from, columns.slice(at, at + perPivot), limit)))
  const [counted] = await session.all<{ n: number }>(
    `SELECT count(*) AS n FROM ${rowsOf(from, columns.slice(0, 1), limit)}`,
  )
  return { types, rows: counted?.n ?? 0 }
}

const perPivot = 1000

async function pivoted(
  session: DuckSession,
  from: string,
  columns: readonly TextColumn[],
  limit: number | undefined,
): Promise<readonly (PrimitiveType | undefined)[]> {
  const tried = textTypes.filter((type) => columns.some(({ candidates }) => candidates.includes(type)))
  const facts = tried.map((type) => `bool_and(${fits(type, 'value')}) AS ${identifier(type)}`)
  const found = await session.all<Record<string, unknown>>(
    `SELECT ${['name', 'count(*) AS n', ...facts].join(', ')} FROM (UNPIVOT ${rowsOf(from, columns, limit)} ON COLUMNS(*) INTO NAME name VALUE value) GROUP BY name`,
  )
  const byName = new Map(found.map((row) => [row['name'], row]))
  return columns.map(({ candidates }, i) => {
    const row = byName.get(`c${i}`)
    return typeOf(Number(row?.['n'] ?? 0), candidates, (type) => row?.[type] === true)
  })
}

function fits(type: TextType, c: string): string {
  // A date among timestamps is one at midnight.
  if (type === 'timestamp')
    return `${c} IS NULL OR (${inferredSql(type, c)}) IS NOT NULL OR (${inferredSql('date', c)}) IS NOT NULL`
  return `${c} IS NULL OR (${inferredSql(type, c)}) IS NOT NULL`
}

function typeOf(
  values: number,
  candidates: readonly TextType[],
  isFit: (type: TextType, place: number) => boolean,
): PrimitiveType | undefined {
  return values === 0 ? undefined : (candidates.find(isFit) ?? 'string')
}
