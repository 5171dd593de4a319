import { SluiceError } from '@sluice/core'

/** A table that a query names, as it writes it: what a view must be called for the query to find it. */
export interface TableReference {
  readonly schema: string
  /** `trips`, or `trips@version`. */
  readonly table: string
}

/** The table or view that a reference names, whatever version of it. */
export function datasetOf({ schema, table }: TableReference): string {
  const at = table.indexOf('@')
  return `${schema}.${at < 0 ? table : table.slice(0, at)}`.toLowerCase()
}

/** DuckDB's own functions that make rows and read nothing from outside. */
const harmless = new Set([
  'range',
  'generate_series',
  'unnest',
  'json_each',
  'json_tree',
  'repeat',
  'repeat_row',
  'summary',
])

/**
 * What a query reads, from DuckDB's tree of it (`json_serialize_sql`). Throws `SQL_INVALID` unless it is exactly one SELECT,
 * and `SQL_NOT_ALLOWED` when it reads anything but tables of the lake.
 */
export function readReferences(tree: SqlTree, outside: Iterable<string> = []): readonly TableReference[] {
  const [statement, ...more] = statementsOf(tree)
  if (statement === undefined || more.length > 0)
    throw new SluiceError('SQL_INVALID', { problem: `it holds ${more.length === 0 ? 'no' : 'several'} statements` })
  // Names that stand alone: of the query's own, and of what it is given from outside.
  const ctes = new Set<string>(outside)
  const references: TableReference[] = []
  visit(statement, (node) => {
    for (const { key } of node.cte_map?.map ?? []) ctes.add(key.toLowerCase())
  })
  visit(statement, (node) => {
    if (node.type === 'SHOW_REF')
      throw new SluiceError('SQL_NOT_ALLOWED', {
        what: 'DESCRIBE, SHOW or SUMMARIZE: sluice lake schema TABLE shows columns',
      })
    if (node.type === 'TABLE_FUNCTION') requireHarmless(node.function?.function_name ?? '')
    if (node.type === 'BASE_TABLE') references.push(...referenceOf(node, ctes))
  })
  return references
}

/** What `json_serialize_sql` gives. */
export interface SqlTree {
  readonly error: boolean
  readonly error_message?: string
  readonly error_type?: string
  /** Of the error, in bytes. */
  readonly position?: string
  readonly line?: number
  readonly statements?: readonly { readonly node: unknown }[]
}

interface Node {
  readonly type?: string
  readonly function?: { readonly function_name?: string }
  readonly cte_map?: { readonly map: readonly { readonly key: string }[] }
  readonly catalog_name?: string
  readonly schema_name?: string
  readonly table_name?: string
  readonly at_clause?: object | null
}

function statementsOf({
  error,
  error_message: message,
  error_type: type,
  statements,
  line,
}: SqlTree): readonly unknown[] {
  if (!error) return statements?.map(({ node }) => node) ?? []
  const problem = type === 'not implemented' ? 'only a SELECT can be asked' : (message ?? 'it cannot be read')
  throw new SluiceError('SQL_INVALID', { problem: withLine(problem, line), ...(line !== undefined && { line }) })
}

/** Where a query of several lines is wrong. */
export function withLine(problem: string, line: number | undefined): string {
  return line === undefined || line === 1 ? problem : `${problem} (line ${line})`
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) see(value)
  for (const member of Object.values(value)) visit(member, see)
}

function requireHarmless(name: string): void {
  if (harmless.has(name.toLowerCase())) return
  throw new SluiceError('SQL_NOT_ALLOWED', { what: `the function ${name}` })
}

function referenceOf(node: Node, ctes: ReadonlySet<string>): TableReference[] {
  const { catalog_name: catalog = '', schema_name: schema = '', table_name: table = '', at_clause: at } = node
  // A name of a part of the query counts in all of it: one that could be a file must not, where that part is not to be seen.
  if (/[./\\:*]/.test(table) && schema === '') throw new SluiceError('SQL_NOT_ALLOWED', { what: `the file ${table}` })
  if (catalog === '' && schema === '' && ctes.has(table.toLowerCase())) return []
  if (catalog !== '' || schema === '') {
    const written = [catalog, schema, table].filter((part) => part !== '').join('.')
    throw new SluiceError('TABLE_NAME_INVALID', { table: written, problem: 'a table of the lake is namespace.table' })
  }
  if (at)
    throw new SluiceError('SQL_INVALID', { problem: 'AT takes a constant: a tag, a snapshot id, or a time as text' })
  return [{ schema, table }]
}
