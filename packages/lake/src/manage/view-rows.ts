import { SluiceError } from '@sluice/core'
import { icebergTypeOf } from '../duckdb/iceberg-type-of.ts'
import { identifier } from '../duckdb/quote.ts'
import type { OpenLake } from '../table/lake.ts'
import { type ColumnFacts, typeText } from './column-facts.ts'
import { queryLake } from './query-lake.ts'

/** The columns that the query of a view gives now. What Iceberg has no type for is named as DuckDB names it. */
export async function viewColumns(lake: OpenLake, name: string): Promise<readonly ColumnFacts[]> {
  const columns = await queryLake(lake, selectOf(name)).columns()
  return columns.map(({ name: column, type }): ColumnFacts => {
    const known = icebergTypeOf(type, () => 0)
    return { name: column, type: known === undefined ? type.toLowerCase() : typeText(known), required: false }
  })
}

/** Some rows of a view. Throws `TABLE_COLUMN_UNKNOWN`, and what the view's query throws. */
export async function viewRows(
  lake: OpenLake,
  name: string,
  { limit, columns }: { readonly limit: number; readonly columns?: readonly string[] | undefined },
): Promise<{ readonly columns: readonly ColumnFacts[]; readonly rows: readonly Readonly<Record<string, unknown>>[] }> {
  const all = await viewColumns(lake, name)
  const chosen = columns?.map((column) => requireColumn(name, all, column)) ?? all
  const names = columns === undefined ? '*' : chosen.map((column) => identifier(column.name)).join(', ')
  const rows = await queryLake(lake, `${selectOf(name, names)} limit ${limit}`).all()
  return { columns: chosen, rows }
}

function selectOf(name: string, columns = '*'): string {
  const [schema = '', view = ''] = name.split('.')
  return `select ${columns} from ${identifier(schema)}.${identifier(view)}`
}

function requireColumn(table: string, all: readonly ColumnFacts[], column: string): ColumnFacts {
  const found = all.find(({ name }) => name === column)
  if (found) return found
  throw new SluiceError('TABLE_COLUMN_UNKNOWN', { table, column, known: all.map(({ name }) => name) })
}
