/** An Avro schema as its JSON writes it. Annotations (`field-id`, `logicalType`, …) are kept: Iceberg reads by them. */
export type AvroSchema = string | AvroComplex | readonly AvroSchema[]

export type AvroComplex = AvroRecord | AvroArray | AvroMap | AvroFixed | AvroEnum | AvroAnnotated

export interface AvroRecord {
  readonly type: 'record'
  readonly name: string
  readonly fields: readonly AvroField[]
}

export interface AvroField {
  readonly name: string
  readonly type: AvroSchema
  readonly doc?: string
  readonly default?: unknown
  /** Iceberg's identity of the field: names may differ between writers, ids do not. */
  readonly 'field-id'?: number
}

export interface AvroArray {
  readonly type: 'array'
  readonly items: AvroSchema
  /** `map`: the items are records of a key and a value, because Avro's own maps have only text as keys. */
  readonly logicalType?: string
  readonly 'element-id'?: number
}

export interface AvroMap {
  readonly type: 'map'
  readonly values: AvroSchema
}

export interface AvroFixed {
  readonly type: 'fixed'
  readonly name: string
  readonly size: number
  readonly logicalType?: string
  readonly precision?: number
  readonly scale?: number
}

export interface AvroEnum {
  readonly type: 'enum'
  readonly name: string
  readonly symbols: readonly string[]
}

/** A primitive with a meaning: `{ type: 'long', logicalType: 'timestamp-micros' }`. */
export interface AvroAnnotated {
  readonly type: AvroPrimitive
  readonly logicalType?: string
  readonly 'adjust-to-utc'?: boolean
  readonly precision?: number
  readonly scale?: number
}

export type AvroPrimitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string'

/** The schema of a value that may be missing. */
export function optional(schema: AvroSchema): AvroSchema {
  return ['null', schema]
}

/** What a union holds beside null; other schemas as they are. */
export function withoutNull(schema: AvroSchema): AvroSchema {
  if (!isUnion(schema)) return schema
  const branches = schema.filter((branch) => branch !== 'null')
  const [only] = branches
  return branches.length === 1 && only !== undefined ? only : branches
}

export function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema)
}
