import { metadataInvalid } from '../metadata-invalid.ts'
import type { AvroArray, AvroEnum, AvroMap, AvroRecord, AvroSchema } from './avro-schema.ts'
import { isUnion } from './avro-schema.ts'
import type { ByteSource } from './byte-source.ts'

/**
 * Reads one value: records as lists in the order of the writer's fields, Iceberg's maps (lists of pairs) as Maps, integers as
 * numbers, or bigints where a number would not be exact.
 */
export type ValueReader = (source: ByteSource) => unknown

/** Compiles the reader of a writer's schema, whatever its names, its order and its further fields. */
export function valueReader(schema: AvroSchema, named: Map<string, ValueReader> = new Map()): ValueReader {
  if (isUnion(schema)) return unionReader(schema, named)
  if (typeof schema === 'string') return named.get(schema) ?? primitiveReader(schema)
  switch (schema.type) {
    case 'record':
      return recordReader(schema, named)
    case 'array':
      return arrayReader(schema, named)
    case 'map':
      return mapReader(schema, named)
    case 'fixed':
      return name(named, schema.name, (source) => source.raw(schema.size))
    case 'enum':
      return name(named, schema.name, enumReader(schema))
    default:
      return primitiveReader(schema.type)
  }
}

function name(named: Map<string, ValueReader>, key: string, reader: ValueReader): ValueReader {
  named.set(key, reader)
  return reader
}

function recordReader(schema: AvroRecord, named: Map<string, ValueReader>): ValueReader {
  const fields: ValueReader[] = []
  const reader = name(named, schema.name, (source) => {
    const values: unknown[] = []
    for (const read of fields) values.push(read(source))
    return values
  })
  // Named before its fields are compiled: they may refer to it.
  fields.push(...schema.fields.map((field) => valueReader(field.type, named)))
  return reader
}

function arrayReader(schema: AvroArray, named: Map<string, ValueReader>): ValueReader {
  const pair = schema.logicalType === 'map' ? pairOf(schema.items) : undefined
  if (pair !== undefined) return pairsReader(valueReader(pair.key, named), valueReader(pair.value, named))
  const read = valueReader(schema.items, named)
  return (source) => {
    const items: unknown[] = []
    for (let count = blockCount(source); count > 0; count = blockCount(source)) {
      for (let index = 0; index < count; index += 1) items.push(read(source))
    }
    return items
  }
}

/** Key and value of the records that Iceberg writes maps as, in the usual order. */
function pairOf(items: AvroSchema): { readonly key: AvroSchema; readonly value: AvroSchema } | undefined {
  if (typeof items === 'string' || isUnion(items) || items.type !== 'record') return undefined
  const [key, value, more] = items.fields
  if (key?.name !== 'key' || value?.name !== 'value' || more !== undefined) return undefined
  return { key: key.type, value: value.type }
}

/** Straight into a Map: a manifest has dozens of pairs per file, and a record for each would cost more than the rest. */
function pairsReader(readKey: ValueReader, readValue: ValueReader): ValueReader {
  return (source) => {
    const entries = new Map<unknown, unknown>()
    for (let count = blockCount(source); count > 0; count = blockCount(source)) {
      for (let index = 0; index < count; index += 1) entries.set(readKey(source), readValue(source))
    }
    return entries
  }
}

function mapReader(schema: AvroMap, named: Map<string, ValueReader>): ValueReader {
  const read = valueReader(schema.values, named)
  return (source) => {
    const entries = new Map<string, unknown>()
    for (let count = blockCount(source); count > 0; count = blockCount(source)) {
      for (let index = 0; index < count; index += 1) entries.set(source.string(), read(source))
    }
    return entries
  }
}

/** How many items follow; a negative count has the size of the block behind it. Every item has a byte at least. */
function blockCount(source: ByteSource): number {
  const first = source.long()
  const count = Math.abs(Number(first))
  if (first < 0) source.count()
  if (count > source.remaining) throw metadataInvalid('an Avro list is longer than its file')
  return count
}

function unionReader(branches: readonly AvroSchema[], named: Map<string, ValueReader>): ValueReader {
  const readers = branches.map((branch) => valueReader(branch, named))
  return (source) => {
    const index = source.count()
    const read = readers[index]
    if (read === undefined) throw metadataInvalid(`an Avro union has no branch ${index}`)
    return read(source)
  }
}

function enumReader(schema: AvroEnum): ValueReader {
  return (source) => {
    const symbol = schema.symbols[source.count()]
    if (symbol === undefined) throw metadataInvalid(`a value of the Avro enum ${schema.name} is not one of its symbols`)
    return symbol
  }
}

function primitiveReader(type: string): ValueReader {
  switch (type) {
    case 'null':
      return () => null
    case 'boolean':
      return (source) => source.byte() !== 0
    case 'int':
    case 'long':
      return (source) => source.long()
    case 'float':
      return (source) => source.float()
    case 'double':
      return (source) => source.double()
    case 'bytes':
      return (source) => source.bytes()
    case 'string':
      return (source) => source.string()
    default:
      throw metadataInvalid(`the Avro type ${JSON.stringify(type)} is not known`)
  }
}
