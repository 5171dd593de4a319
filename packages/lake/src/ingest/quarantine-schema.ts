import type { PrimitiveType, Schema } from '../format/schema.ts'

const columns: readonly (readonly [string, PrimitiveType])[] = [
  ['load_id', 'string'],
  ['rejected_at', 'timestamptz'],
  ['source_file', 'string'],
  // Counted from 1, header not counted; null where the source has no order.
  ['record', 'long'],
  // Of the record's first byte in the file, unpacked and as UTF-8.
  ['byte_offset', 'long'],
  ['reason', 'string'],
  ['column_name', 'string'],
  ['problem', 'string'],
  ['raw', 'string'],
]

/** The columns of every table of the namespace `quarantine`: rows that did not fit, why, and where they came from. */
export const quarantineSchema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: columns.map(([name, type], i) => ({ id: i + 1, name, required: false, type })),
}
