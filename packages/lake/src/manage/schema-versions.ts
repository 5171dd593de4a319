import type { OpenLake } from '../table/lake.ts'
import { findView } from '../table/read-rows.ts'
import { type ColumnFacts, columnFacts } from './column-facts.ts'
import { schemaChanges } from './schema-changes.ts'

/** A schema that a table has or had. */
export interface SchemaVersion {
  /** Counts from 1. */
  readonly version: number
  readonly current: boolean
  readonly columns: readonly ColumnFacts[]
  /** What made it of the schema before, in words: `+ tip double`, `fare: int → long`. */
  readonly changes: readonly string[]
}

/** Oldest first. Columns are told apart by their ids: a new name is no new column. Throws `TABLE_NOT_FOUND`. */
export async function schemaVersions(lake: OpenLake, name: string): Promise<readonly SchemaVersion[]> {
  const { metadata } = await findView(lake, name, undefined)
  const schemas = metadata.schemas.toSorted((a, b) => a['schema-id'] - b['schema-id'])
  return schemas.map((schema, i) => {
    const before = schemas[i - 1]
    return {
      version: i + 1,
      current: schema['schema-id'] === metadata['current-schema-id'],
      columns: columnFacts(schema),
      changes: before === undefined ? [] : schemaChanges(before, schema),
    }
  })
}
