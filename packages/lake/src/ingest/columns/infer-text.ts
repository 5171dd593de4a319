import type { DuckSession } from '../../duckdb/duck-session.ts'
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

/** Types of columns of texts, by all rows of `from` or by the first `limit`, and how many rows these are. */
export async function inferText(
  session: DuckSession,
  from: string,
  columns: readonly TextColumn[],
  limit?: number,
): Promise<{ readonly types: readonly (PrimitiveType | undefined)[]; readonly rows: number }> {
  const types: (PrimitiveType | undefined)[] = []
  const width = Math.max(1, Math.floor(perStatement / (textTypes.length + 1)))
  let rows = 0
  for (let at = 0; at === 0 || at < columns.length; at += width) {
    const batch = columns.slice(at, at + width)
    const facts = await factsOf(session, from, batch, limit)
    rows = Number(facts['n'])
    for (const [i, { candidates }] of batch.entries()) types.push(typeOf(facts, i, candidates))
  }
  return { types, rows }
}

async function factsOf(
  session: DuckSession,
  from: string,
  columns: readonly TextColumn[],
  limit: number | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const values = columns.map(({ value }, i) => `${value} AS c${i}`).join(', ')
  const rows = `(SELECT ${values || '1'} FROM ${from}${limit === undefined ? '' : ` LIMIT ${limit}`})`
  const facts = columns.flatMap(({ candidates }, i) => [
    `count(c${i}) AS n${i}`,
    ...candidates.map((type, t) => `bool_and(${fits(type, `c${i}`)}) AS t${i}_${t}`),
  ])
  const [found] = await session.all<Record<string, unknown>>(
    `SELECT ${['count(*) AS n', ...facts].join(', ')} FROM ${rows}`,
  )
  return found ?? {}
}

function fits(type: TextType, c: string): string {
  // A date among timestamps is one at midnight.
  if (type === 'timestamp')
    return `${c} IS NULL OR (${inferredSql(type, c)}) IS NOT NULL OR (${inferredSql('date', c)}) IS NOT NULL`
  return `${c} IS NULL OR (${inferredSql(type, c)}) IS NOT NULL`
}

function typeOf(
  facts: Readonly<Record<string, unknown>>,
  column: number,
  candidates: readonly TextType[],
): PrimitiveType | undefined {
  if (Number(facts[`n${column}`]) === 0) return undefined
  const at = candidates.findIndex((_, t) => facts[`t${column}_${t}`] === true)
  return candidates[at] ?? 'string'
}
