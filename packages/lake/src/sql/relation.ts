import path from 'node:path'
import type { DatasetVersion } from '../catalog/lake-catalog.ts'
import type { QueryOrder, ResultColumn } from './child/messages.ts'
import { cutAtClauses } from './cut-at-clauses.ts'
import { identifier, literal } from '../duckdb/quote.ts'
import type { StagedSources } from './outside-sources.ts'
import { expandViews } from './expand-views.ts'
import type { QueryProcess, QueryProcesses } from './query-process.ts'
import { datasetOf, readReferences, type TableReference } from './read-references.ts'
import type { SqlText } from './sql-text.ts'
import { withoutEnd } from './sql-tokens.ts'

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
      const text = `select * from (${withoutEnd(sql.text)}\n) limit 0`
      await using begun = await begin({ ...sql, text }, await host())
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

/** Its disposal ends the query, and then gives back what it has read. */
interface Begun extends AsyncDisposable {
  readonly process: QueryProcess
  readonly order: QueryOrder
  readonly reads: readonly DatasetVersion[]
}

async function begin({ text, values }: SqlText, host: QueryHost): Promise<Begun> {
  const sql = withoutEnd(cutAtClauses(text))
  const process = await host.processes.lease(host.signal)
  try {
    const references = readReferences(await process.parse(sql), host.outside)
    const { tables: named, resolved: tables, views } = await expandViews(references, process, host)
    const { items, files } = tables
    const reads = [...tables.reads, ...viewsNamed(references, views)]
    const outside = await host.stageOutside?.().catch(async (cause: unknown) => {
      await tables[Symbol.asyncDispose]()
      throw cause
    })
    const given = [...(outside?.files ?? [])]
    const prepare = [
      ...given.map(([name, file]) => `CREATE VIEW ${identifier(name)} AS SELECT * FROM read_parquet(${literal(file)})`),
      ...named.flatMap(({ schema, table }, index) => madeView([schema, table], `SELECT * FROM ${items[index] ?? ''}`)),
      ...views.flatMap((each) => madeView(each.name.split('.'), each.sql)),
    ]
    const { spill, memoryLimit, threads } = host
    return {
      process,
      order: { sql, values, prepare, files: [...files, ...given.map(([, file]) => file)], spill, memoryLimit, threads },
      reads,
      async [Symbol.asyncDispose]() {
        process[Symbol.dispose]()
        await tables[Symbol.asyncDispose]()
        await outside?.[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    process[Symbol.dispose]()
    throw error
  }
}

/** Views that the query itself names: lineage knows them beside the tables behind them. */
function viewsNamed(
  references: readonly TableReference[],
  views: readonly { readonly name: string }[],
): readonly DatasetVersion[] {
  const names = new Set(views.map(({ name }) => name))
  return [...new Set(references.map(datasetOf))].filter((name) => names.has(name)).map((dataset) => ({ dataset }))
}

function madeView(name: readonly string[], select: string): readonly string[] {
  const names = name.map((part) => `"${part.replaceAll('"', '""')}"`)
  return [`CREATE SCHEMA IF NOT EXISTS ${names[0]}`, `CREATE VIEW ${names.join('.')} AS ${select}\n`]
}
