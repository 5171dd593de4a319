import type { LakeCatalog } from '../catalog/lake-catalog.ts'
import { SluiceError } from '@sluice/core'
import { attemptContext } from '@sluice/engine'
import type { LakeView, SearchPage, SearchQuery } from '../catalog/findable.ts'
import type { SqlText } from '../sql/sql-text.ts'
import { requireOptions } from '../table/require-options.ts'
import type { LineageGraph, LineageOptions } from './lineage-graph.ts'

/** What is where in the lake, and what was made from what. */
export interface LakeFinding {
  /** What a dataset was made from, or what was made from it: of each pair the last time. Throws `OPTION_INVALID`. */
  lineage(dataset: string | { readonly name: string }, options?: LineageOptions): Promise<LineageGraph>
  /** Tables, views, filesets and files that have all these words: in their names first. Throws `OPTION_INVALID`. */
  search(text: string, options?: Omit<SearchQuery, 'text'>): Promise<SearchPage>
  /**
   * Gives a query a name, under which `lake.sql` has it like a table: made anew, or in place of what it was. The query is one SELECT
   * without values that are bound. Throws `SQL_INVALID`, `SQL_NOT_ALLOWED`, `TABLE_NOT_FOUND`, `TABLE_EXISTS`.
   *
   * @example
   * const big = await lake.view('gold.big_trips', lake.sql`select * from ${trips} where fare > 100`)
   * await lake.sql`select count(*) from ${big}`.all()
   */
  view(
    name: string,
    query: string | { readonly sql: SqlText },
    options?: { readonly description?: string },
  ): Promise<LakeView>
}

async function catalog(): Promise<LakeCatalog> {
  const { currentLake } = await import('../table/open-lake.ts')
  return (await currentLake()).catalog
}

export const lakeFinding: LakeFinding = {
  async lineage(dataset, options = {}) {
    const name = typeof dataset === 'string' ? dataset : dataset.name
    return (await catalog()).lineage({ direction: 'upstream', ...options, dataset: name })
  },
  async view(name, query, options = {}) {
    const context = attemptContext()
    await context?.requireOwned()
    requireOptions('view', options, ['description'])
    const [{ currentLake }, { defineView }] = await Promise.all([
      import('../table/open-lake.ts'),
      import('../sql/define-view.ts'),
    ])
    const lake = await currentLake()
    return defineView(lake, { name, query: textOf(query), ...options }, context?.signal)
  },
  async search(text, options = {}) {
    return (await catalog()).search({ ...options, text })
  },
}

function textOf(query: string | { readonly sql: SqlText }): string {
  if (typeof query === 'string') return query
  if (query.sql.values.length > 0)
    throw new SluiceError('SQL_INVALID', { problem: 'a view has no values that are bound: write them into its SQL' })
  return query.sql.text
}
