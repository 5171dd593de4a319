import { commitInvalid } from './commit-errors.ts'
import { partitionFields } from './partition-type.ts'
import { transformResultType } from './transforms.ts'
import { canPromote } from './promotion.ts'
import { sameSchema, sameSortOrder, sameSpec } from './same-schema.ts'
import type { IcebergType, Schema } from './schema.ts'
import { allFieldIds, fieldsById, highestFieldId } from './schema-fields.ts'
import type { PartitionSpec, SortOrder } from './table-metadata.ts'
import { type TableDraft, withMetadata } from './table-draft.ts'

/** A schema that says the same as one of the table's is that one. */
export function addSchema(draft: TableDraft, schema: Schema): TableDraft {
  const { schemas, 'last-column-id': lastColumnId } = draft.metadata
  const same = schemas.find((one) => sameSchema(one, schema))
  const id = same?.['schema-id'] ?? nextId(schemas.map((one) => one['schema-id']))
  const added = { ...draft, lastAdded: { ...draft.lastAdded, schema: id } }
  if (same !== undefined) return added
  checkNewSchema(draft, schema)
  return withMetadata(added, {
    schemas: [...schemas, { ...schema, 'schema-id': id }],
    'last-column-id': Math.max(lastColumnId, highestFieldId(schema)),
  })
}

function checkNewSchema(draft: TableDraft, schema: Schema): void {
  const ids = allFieldIds(schema)
  const known = fieldsById(schema)
  if (known.size !== ids.length) throw commitInvalid('two fields of the schema have the same id')
  if (ids.some((id) => !Number.isSafeInteger(id) || id < 1))
    throw commitInvalid('a field of the schema has no valid id')
  const paths = new Set(Array.from(known.values(), ({ path }) => path))
  if (paths.size !== ids.length) throw commitInvalid('two fields of the schema have the same name')
  for (const id of schema['identifier-field-ids'] ?? []) {
    const place = known.get(id)
    if (place === undefined || place.repeated || typeof place.field.type !== 'string') {
      throw commitInvalid(`the key's field ${id} is no plain column of the schema`)
    }
  }
  if (!draft.isNew) checkOldFields(draft, schema)
}

/** An id is a column for ever: it is not given a second time, and its type only widens. */
function checkOldFields({ metadata }: TableDraft, schema: Schema): void {
  const before = metadata.schemas.map(fieldsById)
  for (const [id, { field, path }] of fieldsById(schema)) {
    const old = before.findLast((fields) => fields.has(id))?.get(id)
    if (old === undefined) {
      if (id <= metadata['last-column-id'])
        throw commitInvalid(`the column ${path} has the id ${id}, which was given before`)
    } else if (!keepsType(old.field.type, field.type)) {
      throw commitInvalid(`the column ${path} cannot become ${typeText(field.type)} from ${typeText(old.field.type)}`)
    }
  }
}

function keepsType(from: IcebergType, to: IcebergType): boolean {
  if (typeof from === 'string') return typeof to === 'string' && canPromote(from, to)
  return typeof to !== 'string' && from.type === to.type
}

function typeText(type: IcebergType): string {
  return typeof type === 'string' ? type : type.type
}

export function setCurrentSchema(draft: TableDraft, wanted: number): TableDraft {
  const id = resolved(wanted, draft.lastAdded.schema, 'schema')
  if (!draft.metadata.schemas.some((schema) => schema['schema-id'] === id))
    throw commitInvalid(`there is no schema ${id}`)
  return withMetadata(draft, { 'current-schema-id': id })
}

export function addSpec(draft: TableDraft, spec: PartitionSpec): TableDraft {
  const { 'partition-specs': specs, 'last-partition-id': lastPartitionId } = draft.metadata
  const same = specs.find((one) => sameSpec(one, spec))
  const id = same?.['spec-id'] ?? nextId(specs.map((one) => one['spec-id']))
  const added = { ...draft, lastAdded: { ...draft.lastAdded, spec: id } }
  if (same !== undefined) return added
  checkSpec(draft, spec)
  return withMetadata(added, {
    'partition-specs': [...specs, { ...spec, 'spec-id': id }],
    'last-partition-id': Math.max(lastPartitionId, ...spec.fields.map((field) => field['field-id'])),
  })
}

function checkSpec(draft: TableDraft, spec: PartitionSpec): void {
  const schema = latestSchema(draft)
  const columns = new Map(schema.fields.map((field) => [field.name, field.id]))
  const places = fieldsById(schema)
  const [ids, names] = [new Set<number>(), new Set<string>()]
  for (const { field, source } of partitionFields(spec, schema)) {
    const { name, transform, 'field-id': id, 'source-id': sourceId } = field
    if (source === undefined || places.get(sourceId)?.repeated === true) {
      throw commitInvalid(`the partition field ${name} comes from no plain column`)
    }
    if (transformResultType(transform, source) === undefined)
      throw commitInvalid(`the partition field ${name} cannot be ${transform} of ${source}`)
    if (!Number.isSafeInteger(id) || id < 1_000 || ids.has(id))
      throw commitInvalid(`the partition field ${name} has no id of its own`)
    const column = columns.get(name)
    const isColumn = column !== undefined && (column !== sourceId || transform !== 'identity')
    if (names.has(name) || isColumn) throw commitInvalid(`the name of the partition field ${name} is taken`)
    ids.add(id)
    names.add(name)
  }
}

export function setDefaultSpec(draft: TableDraft, wanted: number): TableDraft {
  const id = resolved(wanted, draft.lastAdded.spec, 'partition spec')
  const specs = draft.metadata['partition-specs']
  if (!specs.some((spec) => spec['spec-id'] === id)) throw commitInvalid(`there is no partition spec ${id}`)
  return withMetadata(draft, { 'default-spec-id': id })
}

export function addSortOrder(draft: TableDraft, order: SortOrder): TableDraft {
  const orders = draft.metadata['sort-orders']
  const same = orders.find((one) => sameSortOrder(one, order))
  // Order 0 means unsorted, and nothing else does.
  const next = order.fields.length === 0 ? 0 : Math.max(1, nextId(orders.map((one) => one['order-id'])))
  const id = same?.['order-id'] ?? next
  const added = { ...draft, lastAdded: { ...draft.lastAdded, sortOrder: id } }
  if (same !== undefined) return added
  const fields = fieldsById(latestSchema(draft))
  const lost = order.fields.find((field) => !fields.has(field['source-id']))
  if (lost !== undefined)
    throw commitInvalid(`the sort order names the column ${lost['source-id']}, which is not there`)
  return withMetadata(added, { 'sort-orders': [...orders, { ...order, 'order-id': id }] })
}

export function setDefaultSortOrder(draft: TableDraft, wanted: number): TableDraft {
  const id = resolved(wanted, draft.lastAdded.sortOrder, 'sort order')
  if (!draft.metadata['sort-orders'].some((order) => order['order-id'] === id))
    throw commitInvalid(`there is no sort order ${id}`)
  return withMetadata(draft, { 'default-sort-order-id': id })
}

/** What partitions and sort orders of this commit may refer to: the schema it brought, else the current one. */
function latestSchema({ metadata, lastAdded }: TableDraft): Schema {
  const id = lastAdded.schema ?? metadata['current-schema-id']
  const schema = metadata.schemas.find((one) => one['schema-id'] === id)
  if (schema === undefined) throw commitInvalid('the table has no schema yet')
  return schema
}

function resolved(wanted: number, lastAdded: number | undefined, what: string): number {
  if (wanted !== -1) return wanted
  if (lastAdded === undefined) throw commitInvalid(`no ${what} was added before -1 refers to it`)
  return lastAdded
}

function nextId(ids: readonly number[]): number {
  return ids.reduce((highest, id) => Math.max(highest, id), -1) + 1
}
