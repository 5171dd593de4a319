import type { PrimitiveType, Schema } from '../format/schema.ts'

const columns: readonly (readonly [string, PrimitiveType])[] = [
  ['load_id', 'string'],
  ['rejected_at', 'timestamptz'],
  ['source_file', 'string'],
  // Counted from 1, header not counted; null where the source has no order.
  ['record', 'long'],
  // Of the record's first byte in the file, unpacked and as UTF-8.
  ['byte_offset', 'long'],
  // Which part of the load's raw bytes that file is.
  ['raw_part', 'long'],
  ['reason', 'string'],
  ['column_name', 'string'],
  ['problem', 'string'],
  ['raw', 'string'],
  // Names the row: a row that is rejected again by a replay keeps it.
  ['row_id', 'string'],
  // How `raw` is to be read again: `csv`, `ndjson` or `parquet`.
  ['format', 'string'],
  // JSON of what that format needs: delimiter and quotes, or the types of the values.
  ['dialect', 'string'],
  // JSON: names of a CSV file's columns.
  ['header', 'string'],
  // What the table asked of its rows then: the id of its schema, and a hash of its contract.
  ['contract', 'string'],
  // The replay that settled it; null: open.
  ['resolved_by', 'string'],
]

/** The columns of every table of the namespace `quarantine`: rows that did not fit, why, and where they came from. */
export const quarantineSchema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: columns.map(([name, type], i) => ({ id: i + 1, name, required: false, type })),
}
