import { fromBigEndian, toBigEndian } from './big-endian.ts'
import type { PartitionValue } from './manifest.ts'
import { metadataInvalid } from './metadata-invalid.ts'
import { decimalOf } from './primitive-type.ts'
import type { PrimitiveType } from './schema.ts'
import { uuidFromBytes, uuidToBytes } from './uuid-bytes.ts'

const toUtf8 = new TextEncoder()
const fromUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The binary form of a single value (appendix D), as bounds are written. */
export function encodeSingleValue(type: PrimitiveType, value: Exclude<PartitionValue, null>): Uint8Array {
  if (decimalOf(type) !== undefined) return toBigEndian(value as bigint)
  switch (type) {
    case 'boolean':
      return Uint8Array.of(value === true ? 1 : 0)
    case 'int':
    case 'date':
      return numeric(4, (view) => view.setInt32(0, Number(value), true))
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return numeric(8, (view) => view.setBigInt64(0, BigInt(value as number | bigint), true))
    case 'float':
      return numeric(4, (view) => view.setFloat32(0, Number(value), true))
    case 'double':
      return numeric(8, (view) => view.setFloat64(0, Number(value), true))
    case 'string':
      return toUtf8.encode(value as string)
    case 'uuid':
      return uuidToBytes(value as string)
    default:
      return value as Uint8Array
  }
}

function numeric(length: number, set: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(length))
  set(view)
  return new Uint8Array(view.buffer)
}

/**
 * The reverse. A column that was widened since reads what was written before: four bytes are an int that is a long now, or a
 * float that is a double.
 *
 * @throws SluiceError `LAKE_METADATA_INVALID` for bytes that cannot be of this type.
 */
export function decodeSingleValue(type: PrimitiveType, bytes: Uint8Array): Exclude<PartitionValue, null> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = bytes.length
  if (decimalOf(type) !== undefined && length > 0) return fromBigEndian(bytes)
  switch (type) {
    case 'boolean':
      if (length === 1) return bytes[0] !== 0
      break
    case 'int':
    case 'date':
      if (length === 4) return view.getInt32(0, true)
      break
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      if (length === 8) return view.getBigInt64(0, true)
      if (length === 4 && type === 'long') return BigInt(view.getInt32(0, true))
      break
    case 'float':
    case 'double':
      if (length === 4) return view.getFloat32(0, true)
      if (length === 8 && type === 'double') return view.getFloat64(0, true)
      break
    case 'string':
      return decodeText(bytes)
    case 'uuid':
      if (length === 16) return uuidFromBytes(bytes)
      break
    case 'binary':
      return bytes
    default:
      if (decimalOf(type) === undefined) return bytes
  }
  throw metadataInvalid(`${length} bytes are no value of the type ${type}`)
}

function decodeText(bytes: Uint8Array): string {
  try {
    return fromUtf8.decode(bytes)
  } catch (error) {
    throw metadataInvalid('the bound of a text is not UTF-8', error)
  }
}
