/**
 * Types and schemas as Iceberg's table metadata writes them in JSON (format version 2, "Schemas and Data Types" and
 * appendix C of the specification), so that they need no mapping.
 */
export type IcebergType = PrimitiveType | StructType | ListType | MapType

export type PrimitiveType =
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'string'
  | 'uuid'
  | 'binary'
  | `fixed[${number}]`
  | `decimal(${number}, ${number})`

export interface StructType {
  readonly type: 'struct'
  readonly fields: readonly Field[]
}

export interface ListType {
  readonly type: 'list'
  readonly 'element-id': number
  readonly element: IcebergType
  readonly 'element-required': boolean
}

export interface MapType {
  readonly type: 'map'
  readonly 'key-id': number
  readonly key: IcebergType
  readonly 'value-id': number
  readonly value: IcebergType
  readonly 'value-required': boolean
}

/** A column, or a member of a struct. The id is the column's identity: names and places may change, ids never do. */
export interface Field {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: IcebergType
  readonly doc?: string
}

export interface Schema extends StructType {
  readonly 'schema-id': number
  /** Fields that together tell rows apart: Sluice's `key`. */
  readonly 'identifier-field-ids'?: readonly number[]
}
