import { fieldsById } from './schema-fields.ts'
import type { PrimitiveType, Schema } from './schema.ts'
import type { PartitionField, PartitionSpec } from './table-metadata.ts'
import { transformResultType } from './transforms.ts'

/** A field of a partition, with the type of its values and that of the column they come from. */
export interface TypedPartitionField {
  readonly field: PartitionField
  readonly type: PrimitiveType
  /** Undefined: the column is gone from the schema. */
  readonly source: PrimitiveType | undefined
}

/** The fields of a spec, typed by a schema. Values of a column that is gone are told as text: nobody asks for them. */
export function partitionFields(spec: PartitionSpec, schema: Schema): readonly TypedPartitionField[] {
  const fields = fieldsById(schema)
  return spec.fields.map((field) => {
    const type = fields.get(field['source-id'])?.field.type
    const source = typeof type === 'string' ? type : undefined
    const result = source === undefined ? undefined : transformResultType(field.transform, source)
    return { field, type: result ?? typeWithoutSource(field), source }
  })
}

function typeWithoutSource(field: PartitionField): PrimitiveType {
  if (field.transform === 'day') return 'date'
  return /^(year|month|hour|bucket)/.test(field.transform) ? 'int' : 'string'
}
