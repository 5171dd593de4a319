import type { PrimitiveType, Schema } from '../format/schema.ts'

const columns: readonly (readonly [name: string, type: PrimitiveType, doc: string])[] = [
  ['name', 'string', 'The name of the file'],
  ['version', 'string', 'Names this version of it'],
  ['removed', 'boolean', 'From here on the name stands for nothing'],
  ['media_type', 'string', 'What the bytes are'],
  ['size', 'long', 'In bytes'],
  ['sha256', 'string', 'Of the bytes, in hex; they are in the directory files/ under this name'],
  ['metadata', 'string', 'What else is known of it, as JSON'],
  ['put_at', 'timestamptz', 'The last of a name is the one that it stands for'],
]

/** The columns of the table that is a fileset's index: a row for each change. */
export const filesetSchema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: columns.map(([name, type, doc], i) => ({ id: i + 1, name, required: false, type, doc })),
}
