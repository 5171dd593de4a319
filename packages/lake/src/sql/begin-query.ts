import type { DatasetVersion } from '../catalog/lake-catalog.ts'
import { identifier, literal } from '../duckdb/quote.ts'
import type { QueryOrder } from './child/messages.ts'
import { cutAtClauses } from './cut-at-clauses.ts'
import { expandViews } from './expand-views.ts'
import type { QueryProcess } from './query-process.ts'
import { datasetOf, readReferences, type TableReference } from './read-references.ts'
import type { QueryHost } from './relation.ts'
import type { SqlText } from './sql-text.ts'
import { withoutEnd } from './sql-tokens.ts'

/** Its disposal ends the query, and then gives back what it has read. */
export interface Begun extends AsyncDisposable {
  readonly process: QueryProcess
  readonly order: QueryOrder
  readonly reads: readonly DatasetVersion[]
}

/** The same query, without rows. */
export function emptied(sql: SqlText): SqlText {
  return { ...sql, text: `select * from (${withoutEnd(sql.text)}\n) limit 0` }
}

/** Takes a process, and resolves what the query names. Throws `LAKE_QUERY_*` and what the host throws. */
export async function begin({ text, values }: SqlText, host: QueryHost): Promise<Begun> {
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
