import { formatDuration, parseDuration, SluiceError } from '@sluice/core'
import { identifier } from '../duckdb/quote.ts'
import type { Schema } from '../format/schema.ts'
import { requireColumn } from '../table/require-column.ts'
import { conditionOf } from '../table/where.ts'
import type { CheckSpec } from './check-spec.ts'

/** What one check asks of a snapshot. */
export interface CheckSql {
  /** A value of all rows: many checks are asked in one pass. */
  readonly aggregate?: string
  /** A query that counts the rows that are wrong, as `failing`. */
  readonly count?: string
  /** The rows that are wrong. */
  readonly rows?: string
  /** What the value of the aggregate comes to. */
  judge(value: number): Judgement
}

export interface Judgement {
  readonly failing: number | null
  /** Undefined: nothing is wrong. */
  readonly problem: string | undefined
}

/** Where a check looks. */
export interface CheckPlace {
  readonly table: string
  readonly schema: Schema
  /** The snapshot, as FROM takes it. */
  readonly item: string
  /** Of a relationship: the table that is referred to; undefined: it is not there yet. */
  readonly other: { readonly schema: Schema; readonly item: string } | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Writes a check as SQL; not those that are queries already. Throws `TABLE_COLUMN_UNKNOWN`, `OPTION_INVALID`. */
export function checkSql(spec: Exclude<CheckSpec, { readonly kind: 'sql' }>, place: CheckPlace): CheckSql {
  const { table, schema, item } = place
  const column = (name: string): string => identifier(requireColumn(table, schema, name).name)
  switch (spec.kind) {
    case 'not-null':
      return rowSql(place, `${column(spec.column)} IS NULL`, ['is null', 'are null'])
    case 'accepted':
      return rowSql(place, notFulfilled(place, spec.column, spec.values), ['has another value', 'have another value'])
    case 'range': {
      const bounds = {
        ...(spec.min !== undefined && { gte: spec.min }),
        ...(spec.max !== undefined && { lte: spec.max }),
      }
      return rowSql(place, notFulfilled(place, spec.column, bounds), ['is out of range', 'are out of range'])
    }
    case 'unique':
      return uniqueSql(item, spec.columns.map(column))
    case 'relationship':
      return relationshipSql(place, column(spec.column), spec.to)
    case 'freshness':
      return freshnessSql(place, spec)
    case 'row-count':
      return {
        aggregate: 'count(*)',
        judge: (rows) => {
          const few = spec.min !== undefined && rows < spec.min
          const many = spec.max !== undefined && rows > spec.max
          const bound = few ? `at least ${spec.min}` : `at most ${spec.max}`
          return { failing: null, problem: few || many ? `there are ${rows} rows, not ${bound}` : undefined }
        },
      }
    default:
      throw new SluiceError('OPTION_INVALID', {
        option: 'checks',
        problem: 'a check of a newer Sluice is not known here',
      })
  }
}

function notFulfilled({ table, schema }: CheckPlace, column: string, wanted: unknown): string {
  const { sql } = conditionOf(table, schema, { [column]: wanted })
  return `${identifier(column)} IS NOT NULL AND NOT (${sql})`
}

function rowSql({ item }: CheckPlace, condition: string, problem: Problem): CheckSql {
  return {
    aggregate: `count(*) FILTER (WHERE ${condition})`,
    rows: `SELECT * FROM ${item} WHERE ${condition}`,
    judge: counted(problem),
  }
}

/** What one row does, and what several do. */
type Problem = readonly [one: string, several: string]

function counted([one, several]: Problem): CheckSql['judge'] {
  return (failing) => ({
    failing,
    problem: failing === 0 ? undefined : failing === 1 ? `1 row ${one}` : `${failing} rows ${several}`,
  })
}

function uniqueSql(item: string, columns: readonly string[]): CheckSql {
  const list = columns.join(', ')
  const known = columns.map((column) => `${column} IS NOT NULL`).join(' AND ')
  const rows = `SELECT ${list}, count(*) AS rows_alike FROM ${item} WHERE ${known} GROUP BY ${list} HAVING count(*) > 1`
  return duplicates(rows)
}

/** Of a query that gives keys with how many rows have each (`rows_alike`). */
export function duplicates(rows: string): CheckSql {
  const count = `SELECT coalesce(sum(rows_alike), 0)::BIGINT AS failing FROM (${rows})`
  return { count, rows, judge: counted(['shares its key', 'share their key']) }
}

function relationshipSql(place: CheckPlace, column: string, to: { table: string; column: string }): CheckSql {
  const { item, other } = place
  // Two tables that refer to each other must begin with one of them: its rows that name nothing are right.
  if (other === undefined)
    return rowSql(place, `${column} IS NOT NULL`, [
      `names ${to.table}, which is not there`,
      `name ${to.table}, which is not there`,
    ])
  const target = identifier(requireColumn(to.table, other.schema, to.column).name)
  const rows = `SELECT r.* FROM ${item} AS r WHERE r.${column} IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ${other.item} AS o WHERE o.${target} = r.${column})`
  const count = `SELECT count(*) AS failing FROM (${rows})`
  return {
    count,
    rows,
    judge: counted([`names what ${to.table} does not have`, `name what ${to.table} does not have`]),
  }
}

function freshnessSql({ table, schema, now }: CheckPlace, spec: CheckSpec & { kind: 'freshness' }): CheckSql {
  const { name, type } = requireColumn(table, schema, spec.column)
  if (type !== 'date' && type !== 'timestamp' && type !== 'timestamptz')
    throw new SluiceError('OPTION_INVALID', { option: 'checks.freshness', problem: `'${name}' holds no times` })
  // −1: there is no time at all.
  return {
    aggregate: `coalesce(epoch_ms(max(${identifier(name)})::TIMESTAMP), -1)`,
    judge: (newest) => {
      if (newest === -1) return { failing: null, problem: 'there is no time in any row' }
      const age = now - newest
      const problem = `the newest row is ${formatDuration(age)} old, from ${new Date(newest).toISOString()}`
      return { failing: null, problem: age > parseDuration(spec.within) ? problem : undefined }
    },
  }
}
