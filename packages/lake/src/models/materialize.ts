import { lakeFinding } from '../lineage/lake-finding.ts'
import { currentQueryHost } from '../sql/query-host.ts'
import { createRelation, type Relation } from '../sql/relation.ts'
import { table } from '../table/table.ts'
import type { LoadResult } from '../table/types.ts'
import { modelFailed } from './model-failed.ts'
import type { ModelResult } from './models.ts'
import type { Model } from './read-models.ts'

/** Makes of a model what it says. Throws `MODEL_FAILED`, which names its file and line. */
export async function materialize(model: Model): Promise<ModelResult> {
  try {
    return await make(model)
  } catch (error) {
    throw modelFailed(model, error)
  }
}

async function make(model: Model): Promise<ModelResult> {
  const { name, materialized, sql, description } = model
  if (materialized === 'view') {
    await lakeFinding.view(name, sql, description === undefined ? {} : { description })
    return { name, materialized }
  }
  const { rows, snapshot } = await load(model, createRelation({ text: sql, values: [] }, currentQueryHost))
  return { name, materialized, rows, ...(snapshot !== undefined && { snapshot }) }
}

function load({ name, materialized, key, description, owner }: Model, query: Relation): Promise<LoadResult> {
  const said = { ...(description !== undefined && { description }), ...(owner !== undefined && { owner }) }
  if (materialized === 'table') return table(name, { ...said, ...(key.length > 0 && { key }) }).replace(query)
  const target = table(name, said)
  return key.length > 0 ? target.merge(query, { key }) : target.append(query)
}
