import path from 'node:path'
import type { DatasetVersion } from '../catalog/lake-catalog.ts'
import type { Begun } from './begin-query.ts'
import type { ResultColumn } from './child/messages.ts'
import type { StagedSources } from './outside-sources.ts'
import type { QueryProcesses } from './query-process.ts'
import type { TableReference } from './read-references.ts'
import type { SqlText } from './sql-text.ts'

/** A query of the lake, not yet run. Iterating runs it, each time anew, on the tables as they are then. */
export interface Relation<Row extends object = Record<string, unknown>> extends AsyncIterable<Row> {
  readonly sql: SqlText
  /** All rows at once: for results that fit into memory. */
  all(): Promise<readonly Row[]>
  /** What it gives, as DuckDB writes types; of a query that gives no row, too. */
  columns(): Promise<readonly ResultColumn[]>
  /** Runs it: its columns with their types, and its rows as they come. Its disposal ends it. */
  read(): Promise<ReadRelation>
  /** Runs it into one Parquet file: rows never pass through JavaScript. */
  writeParquet(file: string): Promise<WrittenRelation>
}

export interface ReadRelation extends AsyncDisposable {
  readonly chunks: AsyncIterable<readonly object[]>
  /** Known from the first rows on, or from the end. */
  columns(): readonly ResultColumn[]
}

export interface WrittenRelation {
  readonly rows: number
  /** The tables, at the snapshots that were read. */
  readonly reads: readonly DatasetVersion[]
}

/** What a query needs of the lake that it runs on. */
export interface QueryHost {
  readonly processes: QueryProcesses
  /** For what does not fit into memory. */
  readonly spill: string
  /** As DuckDB writes it: `1GB`. */
  readonly memoryLimit: string
  readonly threads: number | undefined
  readonly signal: AbortSignal | undefined
  /** All tables of a query in one read of the catalogue: they are seen as they were at one moment. */
  resolve(references: readonly TableReference[]): Promise<ResolvedTables>
  /** The query of a view; undefined: there is none. */
  view?(name: string): Promise<string | undefined>
  /** The error for a name that is neither: it may know which one was meant. */
  notFound?(name: string): Promise<Error>
  /** Sources from outside, by names in lower case. */
  readonly outside?: ReadonlySet<string>
  stageOutside?(): Promise<StagedSources>
  /** Tells what a query reads whose rows code gets: of one that goes into a table the commit tells it. */
  record?(reads: readonly DatasetVersion[]): Promise<void>
}

/** Its disposal gives the files back, when the query has ended. */
export interface ResolvedTables extends AsyncDisposable {
  /** A FROM item for each reference, in their order. */
  readonly items: readonly string[]
  /** Absolute paths of all their files. */
  readonly files: readonly string[]
  readonly reads: readonly DatasetVersion[]
}

/** What runs queries is loaded by the first: a script that asks for none pays nothing for it. */
async function begin(sql: SqlText, host: QueryHost): Promise<Begun> {
  const query = await import('./begin-query.ts')
  return query.begin(sql, host)
}

/** `host` is asked for when the query runs: a relation may be written before there is a lake. */
export function createRelation<Row extends object>(sql: SqlText, host: () => Promise<QueryHost>): Relation<Row> {
  const rows = async function* (): AsyncGenerator<Row> {
    const where = await host()
    await using begun = await begin(sql, where)
    const { process: running, order, reads } = begun
    const told = where.record?.(reads)
    try {
      for await (const chunk of running.run(order)) yield* chunk.rows as readonly Row[]
    } finally {
      await told
    }
  }
  return {
    sql,
    async all() {
      const found: Row[] = []
      for await (const row of rows()) found.push(row)
      return found
    },
    [Symbol.asyncIterator]: rows,
    async columns() {
      const query = await import('./begin-query.ts')
      await using begun = await query.begin(query.emptied(sql), await host())
      const result = begun.process.run(begun.order)
      for (;;) {
        const step = await result.next()
        if (step.done === true) return step.value.columns
      }
    },
    async read() {
      const where = await host()
      const begun = await begin(sql, where)
      return reading(begun, where.record?.(begun.reads))
    },
    async writeParquet(file) {
      await using begun = await begin(sql, await host())
      const { process: running, order, reads } = begun
      const result = running.run({ ...order, into: path.resolve(file) })
      for (;;) {
        const step = await result.next()
        if (step.done === true) return { rows: step.value.rows, reads }
      }
    },
  }
}

function reading({ process, order, ...begun }: Begun, told: Promise<void> | undefined): ReadRelation {
  let columns: readonly ResultColumn[] = []
  const run = process.run(order)
  const chunks = async function* (): AsyncGenerator<readonly object[]> {
    for (;;) {
      const { done, value } = await run.next()
      columns = value.columns
      if (done === true) return
      yield value.rows
    }
  }
  return {
    chunks: chunks(),
    columns: () => columns,
    async [Symbol.asyncDispose]() {
      await begun[Symbol.asyncDispose]()
      await told
    },
  }
}
