import { isDeepStrictEqual } from 'node:util'
import type { Schema, StructType } from './schema.ts'
import type { PartitionSpec, SortOrder } from './table-metadata.ts'

/** Whether two schemas say the same of a table, whatever their numbers: fields with ids, names, types, docs, and the key. */
export function sameSchema(a: Schema, b: Schema): boolean {
  return isDeepStrictEqual(plain(a), plain(b)) && isDeepStrictEqual(keyOf(a), keyOf(b))
}

/** Without prototypes and members that are undefined. */
function plain({ fields }: StructType): unknown {
  return JSON.parse(JSON.stringify(fields))
}

function keyOf(schema: Schema): readonly number[] {
  return (schema['identifier-field-ids'] ?? []).toSorted((x, y) => x - y)
}

/** Whether two specs partition alike: ids of their fields aside, which a table gives. */
export function sameSpec(a: PartitionSpec, b: PartitionSpec): boolean {
  const parts = (spec: PartitionSpec): unknown =>
    spec.fields.map((field) => [field['source-id'], field.name, field.transform])
  return isDeepStrictEqual(parts(a), parts(b))
}

export function sameSortOrder(a: SortOrder, b: SortOrder): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a.fields)), JSON.parse(JSON.stringify(b.fields)))
}
