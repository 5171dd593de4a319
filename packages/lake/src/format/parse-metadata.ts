import { SluiceError } from '@sluice/core'
import { checkSchema } from './check-schema.ts'
import {
  asArray,
  asObject,
  eachOf,
  idMember,
  integerMember,
  type JsonObject,
  member,
  stringMember,
} from './json-shape.ts'
import { parseJson } from './json-text.ts'
import { metadataInvalid } from './metadata-invalid.ts'
import type { TableMetadata } from './table-metadata.ts'
import { parseTransform } from './transforms.ts'

/**
 * The metadata that a file's text tells. What this version does not know is kept as it is and written again: another engine's
 * statistics are not lost because Sluice committed something.
 *
 * @throws SluiceError `LAKE_METADATA_INVALID` for what is no metadata, `LAKE_FORMAT_UNSUPPORTED` for another format version.
 */
export function parseMetadata(text: string): TableMetadata {
  const metadata = asObject(parseJson(text), '')
  const version = integerMember(metadata, 'format-version')
  if (version !== 2) throw new SluiceError('LAKE_FORMAT_UNSUPPORTED', { version })
  for (const name of ['table-uuid', 'location']) stringMember(metadata, name)
  for (const name of integers) integerMember(metadata, name)
  for (const [at, schema] of asArray(member(metadata, 'schemas'), 'schemas').entries()) {
    checkSchema(schema, `schemas[${at}]`)
    integerMember(asObject(schema, `schemas[${at}]`), 'schema-id')
  }
  checkLayout(metadata)
  checkHistory(metadata)
  return checkedReferences(withoutAbsent(metadata.members))
}

const integers = [
  'last-sequence-number',
  'last-updated-ms',
  'last-column-id',
  'current-schema-id',
  'default-spec-id',
  'last-partition-id',
  'default-sort-order-id',
] as const

function checkLayout(metadata: JsonObject): void {
  member(metadata, 'partition-specs')
  member(metadata, 'sort-orders')
  eachOf(metadata, 'partition-specs', (spec) => {
    integerMember(spec, 'spec-id')
    eachOf(spec, 'fields', (field) => {
      integerMember(field, 'field-id')
      stringMember(field, 'name')
      checkTransform(field)
    })
  })
  eachOf(metadata, 'sort-orders', (order) => {
    integerMember(order, 'order-id')
    eachOf(order, 'fields', checkTransform)
  })
}

function checkTransform(field: JsonObject): void {
  integerMember(field, 'source-id')
  const transform = stringMember(field, 'transform')
  if (parseTransform(transform) === undefined)
    throw metadataInvalid(`the transform ${JSON.stringify(transform)} is not known`)
}

function checkHistory(metadata: JsonObject): void {
  eachOf(metadata, 'snapshots', (snapshot) => {
    idMember(snapshot, 'snapshot-id')
    integerMember(snapshot, 'sequence-number')
    integerMember(snapshot, 'timestamp-ms')
    stringMember(snapshot, 'manifest-list')
    stringMember(asObject(member(snapshot, 'summary'), `${snapshot.path}.summary`), 'operation')
  })
  eachOf(metadata, 'snapshot-log', (entry) => {
    idMember(entry, 'snapshot-id')
    integerMember(entry, 'timestamp-ms')
  })
  eachOf(metadata, 'metadata-log', (entry) => {
    stringMember(entry, 'metadata-file')
    integerMember(entry, 'timestamp-ms')
  })
  const refs = metadata.members['refs'] ?? {}
  for (const [name, ref] of Object.entries(asObject(refs, 'refs').members)) {
    const object = asObject(ref, `refs.${name}`)
    idMember(object, 'snapshot-id')
    const type = stringMember(object, 'type')
    if (type !== 'branch' && type !== 'tag') throw metadataInvalid(`the ref ${name} is a ${type}`)
  }
}

/** Some writers say −1 or null for what is not there. */
function withoutAbsent(members: Readonly<Record<string, unknown>>): TableMetadata {
  const entries = Object.entries(members)
    .filter(([name, value]) => value !== null && !(name === 'current-snapshot-id' && value === -1n))
    .map(([name, value]) => [name, name === 'snapshots' ? asArray(value, name).map(withoutNullParent) : value] as const)
  return Object.fromEntries(entries) as unknown as TableMetadata
}

function withoutNullParent(snapshot: unknown): unknown {
  const { 'parent-snapshot-id': parent, ...rest } = snapshot as Record<string, unknown>
  return parent === null || parent === undefined || parent === -1n ? rest : snapshot
}

/** What is pointed at is there. */
function checkedReferences(metadata: TableMetadata): TableMetadata {
  const snapshots = new Set(metadata.snapshots?.map((snapshot) => snapshot['snapshot-id']))
  const current = metadata['current-snapshot-id']
  const wanted = Object.values(metadata.refs ?? {}).map((ref) => ref['snapshot-id'])
  const lost = [...(current === undefined ? [] : [current]), ...wanted].find((id) => !snapshots.has(id))
  if (lost !== undefined) throw metadataInvalid(`the snapshot ${lost} is missing`)
  if (!metadata.schemas.some((schema) => schema['schema-id'] === metadata['current-schema-id'])) {
    throw metadataInvalid(`the current schema ${metadata['current-schema-id']} is missing`)
  }
  if (!metadata['partition-specs'].some((spec) => spec['spec-id'] === metadata['default-spec-id'])) {
    throw metadataInvalid(`the default partition spec ${metadata['default-spec-id']} is missing`)
  }
  // Tables of writers that know no branches have only a current snapshot: it is that of `main`.
  if (current === undefined || metadata.refs?.['main'] !== undefined) return metadata
  return { ...metadata, refs: { ...metadata.refs, main: { 'snapshot-id': current, type: 'branch' } } }
}
