import { isSluiceError, SluiceError } from '@sluice/core'
import type { LakeView, NewView } from '../catalog/findable.ts'
import { requireWritable } from '../table/quarantine-table.ts'
import type { OpenLake } from '../table/lake.ts'
import { queryHost } from './query-host.ts'
import { cutAtClauses } from './cut-at-clauses.ts'
import { datasetOf, readReferences } from './read-references.ts'
import { createRelation, type QueryHost } from './relation.ts'

/**
 * Makes a view, or changes it, once its query runs: over tables and views that are there, and not over itself. Throws `SQL_INVALID`,
 * `SQL_NOT_ALLOWED`, `TABLE_NOT_FOUND`, `TABLE_EXISTS`, `TABLE_NAME_INVALID`.
 */
export async function defineView(lake: OpenLake, view: NewView, signal?: AbortSignal): Promise<LakeView> {
  requireWritable(view.name)
  if (await lake.catalog.find(view.name)) throw new SluiceError('TABLE_EXISTS', { table: view.name })
  const host = await queryHost(lake, signal)
  const [schema, name] = view.name.split('.')
  const text = `select * from "${schema ?? ''}"."${name ?? ''}" limit 0`
  const known = async (other: string): Promise<string | undefined> =>
    other === view.name ? view.query : (await lake.catalog.view(other))?.query
  const asking = async (): Promise<QueryHost> => ({ ...host, view: known })
  // The query itself first: what is wrong with it is told with its line.
  try {
    await createRelation({ text: view.query, values: [] }, asking).columns()
    await createRelation({ text, values: [] }, asking).all()
  } catch (error) {
    throw asWrongQuery(error)
  }
  return lake.catalog.putView({ ...view, reads: await readsOf(view.query, host) })
}

/** A query that never runs is wrong as it is written: no view is made of it. What befell the process that asked it is another matter. */
function asWrongQuery(error: unknown): unknown {
  if (!isSluiceError(error, 'LAKE_QUERY_FAILED')) return error
  const isWrong = wrongQueries.test(String(error.details['problem']))
  return isWrong ? new SluiceError('SQL_INVALID', error.details, { cause: error }) : error
}

/** As DuckDB calls what is wrong with a query, whatever its tables hold. */
const wrongQueries = /^(?:Binder|Catalog|Conversion|Invalid Input|Not implemented|Out of Range|Parser|Syntax) Error/i

/** What the query of a view names, each once. */
async function readsOf(query: string, { processes, signal }: QueryHost): Promise<readonly string[]> {
  using process = await processes.lease(signal)
  const references = readReferences(await process.parse(cutAtClauses(query)))
  return [...new Set(references.map(datasetOf))]
}
