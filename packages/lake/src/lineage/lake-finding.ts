import type { LakeCatalog } from '../catalog/lake-catalog.ts'
import type { SearchPage, SearchQuery } from '../catalog/findable.ts'
import type { LineageGraph, LineageOptions } from './lineage-graph.ts'

/** What is where in the lake, and what was made from what. */
export interface LakeFinding {
  /** What a dataset was made from, or what was made from it: of each pair the last time. Throws `OPTION_INVALID`. */
  lineage(dataset: string | { readonly name: string }, options?: LineageOptions): Promise<LineageGraph>
  /** Tables, views, filesets and files that have all these words: in their names first. Throws `OPTION_INVALID`. */
  search(text: string, options?: Omit<SearchQuery, 'text'>): Promise<SearchPage>
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
  async search(text, options = {}) {
    return (await catalog()).search({ ...options, text })
  },
}
