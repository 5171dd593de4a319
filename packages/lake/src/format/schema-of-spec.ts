import { metadataInvalid } from './metadata-invalid.ts'
import type { Schema } from './schema.ts'
import { fieldsById } from './schema-fields.ts'
import type { PartitionSpec, TableMetadata } from './table-metadata.ts'

/**
 * A partition spec of a table, and the newest schema that has the columns its fields come from: what a manifest is written with.
 *
 * @throws SluiceError `LAKE_METADATA_INVALID`
 */
export function schemaOfSpec(
  metadata: TableMetadata,
  specId: number,
): { readonly schema: Schema; readonly spec: PartitionSpec } {
  const spec = metadata['partition-specs'].find((each) => each['spec-id'] === specId)
  if (spec === undefined) throw metadataInvalid(`the partition spec ${specId} is missing`)
  const { schemas } = metadata
  const current = schemas.find((schema) => schema['schema-id'] === metadata['current-schema-id'])
  const hasSources = (schema: Schema | undefined): boolean => {
    const fields = schema && fieldsById(schema)
    return spec.fields.every((field) => fields?.has(field['source-id']))
  }
  const schema = [current, ...schemas.toReversed()].find(hasSources) ?? current
  if (schema === undefined) throw metadataInvalid('the current schema is missing')
  return { schema, spec }
}
