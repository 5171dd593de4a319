import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { DatasetVersion } from '../catalog/lake-catalog.ts'
import { StagedResult } from '../ingest/source/origins.ts'
import type { Relation } from './relation.ts'

/** A query's result on its way into a table. */
export interface QuerySource extends AsyncDisposable {
  readonly source: StagedResult
  readonly reads: readonly DatasetVersion[]
}

/** Runs a query into a file of the staging directory: its rows go from table to table without passing through JavaScript. */
export async function stageQuery(relation: Relation<object>, staging: string): Promise<QuerySource> {
  await mkdir(staging, { recursive: true })
  const directory = await mkdtemp(path.join(staging, 'query-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    const file = path.join(directory, 'result.parquet')
    const { reads } = await relation.writeParquet(file)
    return { source: new StagedResult(file), reads, [Symbol.asyncDispose]: remove }
  } catch (cause) {
    await remove()
    throw cause
  }
}

export function isRelation(source: unknown): source is Relation<object> {
  return typeof source === 'object' && source !== null && 'writeParquet' in source
}
