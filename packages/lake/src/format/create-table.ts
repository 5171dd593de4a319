import type { Schema } from './schema.ts'
import type { PartitionSpec } from './table-metadata.ts'
import type { TableUpdate } from './table-update.ts'

export interface NewTable {
  readonly uuid: string
  /** Absolute URL of the table's directory. */
  readonly location: string
  /** With ids of its fields: see `assignFreshIds`. */
  readonly schema: Schema
  readonly spec: PartitionSpec
  readonly properties?: Readonly<Record<string, string>>
}

/** The updates that make a table, to be committed with the requirement `assert-create`. */
export function createTableUpdates({
  uuid,
  location,
  schema,
  spec,
  properties = {},
}: NewTable): readonly TableUpdate[] {
  return [
    { action: 'assign-uuid', uuid },
    { action: 'set-location', location },
    { action: 'add-schema', schema },
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'add-spec', spec },
    { action: 'set-default-spec', 'spec-id': -1 },
    { action: 'add-sort-order', 'sort-order': { 'order-id': 0, fields: [] } },
    { action: 'set-default-sort-order', 'sort-order-id': -1 },
    { action: 'set-properties', updates: properties },
  ]
}
