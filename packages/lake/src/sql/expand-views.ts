import { isSluiceError, SluiceError } from '@sluice/core'
import { cutAtClauses } from './cut-at-clauses.ts'
import type { QueryProcess } from './query-process.ts'
import { readReferences, type TableReference } from './read-references.ts'
import { withoutEnd } from './sql-tokens.ts'
import type { QueryHost, ResolvedTables } from './relation.ts'

/** A view of the lake, as a query that names it needs it. */
export interface ExpandedView {
  /** In small letters. */
  readonly name: string
  readonly sql: string
  readonly references: readonly TableReference[]
}

/** What a query names, and what the views in it name: tables resolved together, views in an order in which they can be made. */
export interface Expansion {
  readonly tables: readonly TableReference[]
  readonly resolved: ResolvedTables
  readonly views: readonly ExpandedView[]
}

/**
 * Resolves what a query names. What is no table is looked for among the views, whose own names join in, until all are tables: those are seen
 * as they were at one moment, whichever view names them. Throws `SQL_INVALID` for views that name each other.
 */
export async function expandViews(
  references: readonly TableReference[],
  process: Pick<QueryProcess, 'parse'>,
  host: Pick<QueryHost, 'resolve' | 'view' | 'notFound'>,
): Promise<Expansion> {
  const views = new Map<string, ExpandedView>()
  for (;;) {
    const all = unique([...references, ...[...views.values()].flatMap((view) => view.references)])
    const tables = all.filter((reference) => !views.has(nameOf(reference)))
    try {
      const resolved = await host.resolve(tables)
      return { tables, resolved, views: inOrder(views) }
    } catch (error) {
      const name = isSluiceError(error, 'TABLE_NOT_FOUND') ? String(error.details['table']) : undefined
      const query = name === undefined ? undefined : await host.view?.(name)
      if (name === undefined) throw error
      if (query === undefined) throw (await host.notFound?.(name)) ?? error
      if (views.has(name)) throw new SluiceError('SQL_INVALID', { problem: `the view ${name} has no versions` })
      const sql = withoutEnd(cutAtClauses(query))
      views.set(name, { name, sql, references: readReferences(await process.parse(sql)) })
    }
  }
}

const nameOf = ({ schema, table }: TableReference): string => `${schema}.${table}`.toLowerCase()

/** Each view after those that it names. */
function inOrder(views: ReadonlyMap<string, ExpandedView>): readonly ExpandedView[] {
  const ordered = new Set<ExpandedView>()
  const add = (view: ExpandedView, path: readonly string[]): void => {
    if (path.includes(view.name))
      throw new SluiceError('SQL_INVALID', {
        problem: `views name each other: ${[...path.slice(path.indexOf(view.name)), view.name].join(' → ')}`,
      })
    for (const reference of view.references) {
      const other = views.get(nameOf(reference))
      if (other && !ordered.has(other)) add(other, [...path, view.name])
    }
    ordered.add(view)
  }
  for (const view of views.values()) if (!ordered.has(view)) add(view, [])
  return [...ordered]
}

/** DuckDB's names ignore case: two spellings are one view. */
function unique(references: readonly TableReference[]): readonly TableReference[] {
  return [...new Map(references.map((reference) => [nameOf(reference), reference])).values()]
}
