import type { AvroArray, AvroRecord, AvroSchema } from './avro-schema.ts'
import { isUnion } from './avro-schema.ts'
import type { ByteSink } from './byte-sink.ts'

/** Writes one value. Records are lists in the order of their fields, null in a union of null and another is null. */
export type ValueWriter = (sink: ByteSink, value: unknown) => void

/** Compiles the writer of a schema: of those that Sluice writes, so unions are of null and one other. */
export function valueWriter(schema: AvroSchema): ValueWriter {
  if (isUnion(schema)) return unionWriter(schema)
  if (typeof schema === 'string') return primitiveWriter(schema)
  switch (schema.type) {
    case 'record':
      return recordWriter(schema)
    case 'array':
      return arrayWriter(schema)
    case 'fixed':
      return (sink, value) => sink.raw(value as Uint8Array)
    default:
      return primitiveWriter(schema.type)
  }
}

function recordWriter(schema: AvroRecord): ValueWriter {
  const fields = schema.fields.map((field) => valueWriter(field.type))
  return (sink, value) => {
    const values = value as readonly unknown[]
    for (const [index, write] of fields.entries()) write(sink, values[index])
  }
}

function arrayWriter(schema: AvroArray): ValueWriter {
  const write = valueWriter(schema.items)
  return (sink, value) => {
    const items = value as readonly unknown[]
    if (items.length > 0) sink.long(items.length)
    for (const item of items) write(sink, item)
    sink.long(0)
  }
}

function unionWriter(branches: readonly AvroSchema[]): ValueWriter {
  const other = branches.findIndex((branch) => branch !== 'null')
  const write = valueWriter(branches[other] ?? 'null')
  const nothing = branches.indexOf('null')
  return (sink, value) => {
    if (value === null || value === undefined) return sink.long(nothing)
    sink.long(other)
    write(sink, value)
  }
}

function primitiveWriter(type: string): ValueWriter {
  switch (type) {
    case 'null':
      return () => undefined
    case 'boolean':
      return (sink, value) => sink.byte(value === true ? 1 : 0)
    case 'int':
    case 'long':
      return (sink, value) => sink.long(value as number | bigint)
    case 'float':
      return (sink, value) => sink.float(value as number)
    case 'double':
      return (sink, value) => sink.double(value as number)
    case 'bytes':
      return (sink, value) => sink.bytes(value as Uint8Array)
    case 'string':
      return (sink, value) => sink.string(value as string)
    default:
      throw new TypeError(`No Avro type is written as ${type}`)
  }
}
