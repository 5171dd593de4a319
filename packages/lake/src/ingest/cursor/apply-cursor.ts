import { SluiceError } from '@sluice/core'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { duckdbType } from '../../duckdb/duckdb-types.ts'
import type { DuckSession } from '../../duckdb/duck-session.ts'
import { literal } from '../../duckdb/quote.ts'
import type { IcebergType } from '../../format/schema.ts'
import type { SchemaPlan } from '../plan/plan-schema.ts'
import type { Reading } from '../plan/reading.ts'
import type { Cursor } from './cursor.ts'
import { type CursorSql, cursorSql, lagSql, valueSql } from './cursor-sql.ts'
import type { CursorState } from './cursor-state.ts'
import { laterValues } from './later-values.ts'

/** A cursor, and where it stands. */
export interface CursorAt {
  readonly cursor: Cursor
  /** Undefined: nothing was loaded by it. */
  readonly state: CursorState | undefined
  /** What a source that can leave out rows itself is asked for: values from this one on, up to that one. */
  readonly from?: string | undefined
  readonly until?: string | undefined
}

export interface BeyondCursor {
  /** Only the rows that are to be loaded. */
  readonly readings: readonly Reading[]
  readonly filtered: number
  /** Where the cursor stands then; undefined: where it stood, or it is of a window. */
  readonly state: CursorState | undefined
}

interface Bounded {
  readonly reading: Reading
  readonly sql: CursorSql
}

/** So many rows may be at the last value, or within the lag. */
const mostSeen = 100_000

/**
 * Leaves out rows that are not beyond the cursor. A value that does not fit its column is left in, to be rejected. Throws `LOAD_CURSOR_INVALID`.
 */
export async function applyCursor(
  session: DuckSession,
  plan: SchemaPlan,
  readings: readonly Reading[],
  at: CursorAt,
  directory: string,
): Promise<BeyondCursor> {
  const bounded = readings.map((reading) => ({ reading, sql: cursorSql(plan, reading, at.cursor) }))
  return new Bounding(session, plan, bounded, at, directory).run()
}

class Bounding {
  readonly #session: DuckSession
  readonly #bounded: readonly Bounded[]
  readonly #at: CursorAt
  readonly #directory: string
  readonly #type: IcebergType

  constructor(session: DuckSession, plan: SchemaPlan, bounded: readonly Bounded[], at: CursorAt, directory: string) {
    this.#session = session
    this.#bounded = bounded
    this.#at = at
    this.#directory = directory
    this.#type = this.#typeIn(plan)
  }

  async run(): Promise<BeyondCursor> {
    const seen = await this.#file(
      'seen',
      (this.#at.state?.seen ?? []).map(([v, h]) => ({ v, h })),
    )
    const range = await this.#range()
    const kept = this.#bounded.map(({ reading, sql }) => ({
      ...reading,
      from: `(SELECT * FROM ${reading.from} WHERE ${this.#keep(sql, range(sql.key), seen)})`,
    }))
    const filtered = await this.#count(kept)
    return { readings: kept, filtered, state: await this.#state(range, kept, seen) }
  }

  #typeIn({ schema }: SchemaPlan): IcebergType {
    const { column } = this.#at.cursor
    const type = schema.fields.find(({ name }) => name === column)?.type
    const isRead = this.#bounded.some(({ reading }) => reading.columns.some(({ name }) => name === column))
    if (isRead || this.#bounded.every(({ reading }) => reading.records === 0)) return type ?? 'string'
    const columns = [...new Set(this.#bounded.flatMap(({ reading }) => reading.columns.map(({ name }) => name)))]
    throw new SluiceError('LOAD_CURSOR_INVALID', {
      problem: `the source has no column '${column}'; it has ${columns.join(', ')}`,
    })
  }

  /** SQL of whether a value is within what is to be looked at. */
  async #range(): Promise<(key: string) => string> {
    const { cursor, state } = this.#at
    const { window, order, initial } = cursor
    const last = state && valueOf(this.#type, state.last)
    if (typeof window === 'object') {
      const [start, end] = [valueSql(this.#type, window.start), valueSql(this.#type, window.end)]
      return (key) => `(${key} >= ${start} AND ${key} < ${end})`
    }
    if (typeof order === 'function') {
      const later = await laterValues(this.#session, this.#keys(), last, order)
      const values = await this.#file(
        'later',
        later.map((v) => ({ v })),
      )
      return (key) => `(CAST(${key} AS VARCHAR) IN (SELECT v FROM ${values}))`
    }
    const bounds = [
      ...(last === undefined ? [] : [lagSql(this.#type, last, cursor)]),
      ...(initial === undefined ? [] : [valueSql(this.#type, initial)]),
    ]
    const operator = order === 'min' ? '<=' : '>='
    return (key) =>
      bounds.length === 0 ? 'true' : `(${bounds.map((each) => `${key} ${operator} ${each}`).join(' AND ')})`
  }

  #keep({ key, raw, hash }: CursorSql, range: string, seen: string): string {
    const { cursor, state } = this.#at
    const nulls = cursor.nulls === 'include' ? 'true' : `${raw} IS NOT NULL`
    return `CASE WHEN ${key} IS NULL THEN ${nulls} ELSE ${range}${state && cursor.window === undefined ? ` AND ${this.#isNew(key, hash, seen, state)}` : ''} END`
  }

  /** Rows at the last value, or within the lag, may have been loaded. */
  #isNew(key: string, hash: string, seen: string, state: CursorState): string {
    const { cursor } = this.#at
    const { order, dedupe } = cursor
    const last = valueOf(this.#type, state.last)
    if (typeof order === 'function') {
      const isLast = `CAST(${key} AS VARCHAR) = ${literal(state.last)}`
      return dedupe === false ? `NOT (${isLast})` : `(NOT (${isLast}) OR ${hash} NOT IN (SELECT h FROM ${seen}))`
    }
    const beyond = `${key} ${order === 'min' ? '<' : '>'} ${last}`
    if (dedupe === false) return cursor.lag === undefined ? `(${beyond})` : 'true'
    return `(${beyond} OR ${hash} NOT IN (SELECT h FROM ${seen}))`
  }

  async #count(kept: readonly Reading[]): Promise<number> {
    let filtered = 0
    for (const [i, { reading, sql }] of this.#bounded.entries()) {
      const [all] = await this.#session.all<{ n: number; nulls: number }>(
        `SELECT count(*) AS n, count(*) FILTER (${sql.raw} IS NULL) AS nulls FROM ${reading.from}`,
      )
      const [left] = await this.#session.all<{ n: number }>(`SELECT count(*) AS n FROM ${kept[i]?.from ?? ''}`)
      if ((all?.nulls ?? 0) > 0 && (this.#at.cursor.nulls ?? 'fail') === 'fail')
        throw new SluiceError('LOAD_CURSOR_INVALID', {
          source: reading.file.label,
          problem: `${all?.nulls} rows have no ${this.#at.cursor.column}; say what becomes of them: nulls: 'include' or 'exclude'`,
        })
      filtered += (all?.n ?? 0) - (left?.n ?? 0)
    }
    return filtered
  }

  async #state(
    range: (key: string) => string,
    kept: readonly Reading[],
    seen: string,
  ): Promise<CursorState | undefined> {
    const { cursor, state } = this.#at
    if (cursor.window !== undefined || kept.length === 0) return undefined
    const last = await this.#last(kept)
    if (last === undefined) return undefined
    const type = duckdbType(this.#type)
    const rows = this.#bounded.map(
      ({ reading, sql }) =>
        `SELECT ${sql.key} AS k, ${sql.hash} AS h FROM ${reading.from} WHERE ${sql.key} IS NOT NULL AND ${range(sql.key)}`,
    )
    const boundary =
      typeof cursor.order === 'function'
        ? `CAST(k AS VARCHAR) = ${literal(last)}`
        : `k ${cursor.order === 'min' ? '<=' : '>='} ${lagSql(this.#type, valueOf(this.#type, last), cursor)}`
    const found =
      cursor.dedupe === false
        ? []
        : await this.#session.all<{ v: string; h: string }>(
            `SELECT DISTINCT CAST(k AS VARCHAR) AS v, h FROM (${rows.join(' UNION ALL ')} UNION ALL SELECT CAST(v AS ${type}), h FROM ${seen}) AS t(k, h) WHERE ${boundary} ORDER BY v, h LIMIT ${mostSeen + 1}`,
          )
    if (found.length > mostSeen)
      throw new SluiceError('LOAD_CURSOR_INVALID', {
        problem: `more than ${mostSeen} rows are at the last value of ${cursor.column}, or within the lag; take a finer column, a shorter lag, or dedupe: false`,
      })
    const next = { name: cursor.name ?? cursor.column, last, seen: found.map(({ v, h }) => [v, h] as const) }
    const isSame = state?.last === last && JSON.stringify(state.seen) === JSON.stringify(next.seen)
    return isSame ? undefined : next
  }

  /** The latest value of the rows that are kept, and of those before. */
  async #last(kept: readonly Reading[]): Promise<string | undefined> {
    const { cursor, state } = this.#at
    const type = duckdbType(this.#type)
    const before = state === undefined ? [] : [`SELECT ${valueOf(this.#type, state.last)}`]
    const keys = kept.map(({ from }, i) => `SELECT ${this.#bounded[i]?.sql.key ?? 'NULL'} FROM ${from}`)
    const all = [...keys, ...before].join(' UNION ALL ')
    if (typeof cursor.order === 'function') {
      const values = await laterValues(this.#session, all, undefined, cursor.order)
      return values.at(-1)
    }
    const [found] = await this.#session.all<{ v: string | null }>(
      `SELECT CAST(${cursor.order === 'min' ? 'min' : 'max'}(k) AS VARCHAR) AS v FROM (${all}) AS t(k) WHERE CAST(k AS ${type}) IS NOT NULL`,
    )
    return found?.v ?? undefined
  }

  #keys(): string {
    return this.#bounded.map(({ reading, sql }) => `SELECT ${sql.key} AS k FROM ${reading.from}`).join(' UNION ALL ')
  }

  /** A FROM item of texts that may be many. */
  async #file(name: string, rows: readonly Readonly<Record<string, string>>[]): Promise<string> {
    const file = path.join(this.#directory, `cursor-${name}`)
    await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    return `read_json(${literal(file)}, format='newline_delimited', compression='uncompressed', columns={v: 'VARCHAR', h: 'VARCHAR'})`
  }
}

function valueOf(type: IcebergType, text: string): string {
  return `CAST(${literal(text)} AS ${duckdbType(type)})`
}
