import { fromBigEndian, toBigEndian } from '../big-endian.ts'
import type { PartitionValue } from '../manifest.ts'
import { metadataInvalid } from '../metadata-invalid.ts'
import { decimalBytes, decimalOf, fixedLengthOf } from '../primitive-type.ts'
import type { PrimitiveType } from '../schema.ts'
import { uuidFromBytes, uuidToBytes } from '../uuid-bytes.ts'
import { type AvroSchema, isUnion } from './avro-schema.ts'

/** How a primitive is written in Avro (appendix A). `id` makes names of fixed types unique within a file. */
export function avroOf(type: PrimitiveType, id: number): AvroSchema {
  const decimal = decimalOf(type)
  if (decimal !== undefined) {
    const name = `decimal_${decimal.precision}_${decimal.scale}_${id}`
    return { type: 'fixed', name, size: decimalBytes(decimal.precision), logicalType: 'decimal', ...decimal }
  }
  const length = fixedLengthOf(type)
  if (length !== undefined) return { type: 'fixed', name: `fixed_${length}_${id}`, size: length }
  switch (type) {
    case 'date':
      return { type: 'int', logicalType: 'date' }
    case 'time':
      return { type: 'long', logicalType: 'time-micros' }
    case 'timestamp':
    case 'timestamptz':
      return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': type === 'timestamptz' }
    case 'uuid':
      return { type: 'fixed', name: `uuid_fixed_${id}`, size: 16, logicalType: 'uuid' }
    case 'binary':
      return 'bytes'
    default:
      return type
  }
}

/** A value as the Avro writer takes it. */
export function toAvro(type: PrimitiveType, value: PartitionValue): unknown {
  if (value === null) return null
  if (type === 'uuid') return uuidToBytes(value as string)
  const decimal = decimalOf(type)
  return decimal === undefined ? value : toBigEndian(value as bigint, decimalBytes(decimal.precision))
}

/** The reader of values that another writer's schema tells of, in the form that JavaScript computes with. */
export function fromAvro(schema: AvroSchema): (value: unknown) => PartitionValue {
  const convert = conversion(schema)
  return (value) => (value === null ? null : convert(value))
}

function conversion(schema: AvroSchema): (value: unknown) => PartitionValue {
  if (isUnion(schema)) throw metadataInvalid('a partition value is a union of several types')
  const { type, logicalType } =
    typeof schema === 'string' ? { type: schema, logicalType: undefined } : annotated(schema)
  if (logicalType === 'decimal') return (value) => fromBigEndian(value as Uint8Array)
  if (logicalType === 'uuid' && type === 'fixed') return (value) => uuidFromBytes(value as Uint8Array)
  if (type === 'long') return (value) => BigInt(value as number | bigint)
  return (value) => value as PartitionValue
}

function annotated(schema: Exclude<AvroSchema, string | readonly AvroSchema[]>): {
  readonly type: string
  readonly logicalType: string | undefined
} {
  return { type: schema.type, logicalType: 'logicalType' in schema ? schema.logicalType : undefined }
}

/** A name as Avro allows them (appendix A): readers go by ids, so it need not be read back. */
export function avroName(name: string): string {
  const safe = name.replaceAll(
    /[^A-Za-z0-9_]/gu,
    (char) => `_x${(char.codePointAt(0) ?? 0).toString(16).toUpperCase()}`,
  )
  return /^[A-Za-z_]/.test(safe) ? safe : `_${safe}`
}
