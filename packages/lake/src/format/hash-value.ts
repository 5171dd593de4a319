import { toBigEndian } from './big-endian.ts'
import type { PartitionValue } from './manifest.ts'
import { murmur3 } from './murmur3.ts'
import { decimalOf } from './primitive-type.ts'
import type { PrimitiveType } from './schema.ts'
import { uuidToBytes } from './uuid-bytes.ts'

const utf8 = new TextEncoder()

/**
 * The 32-bit hash that `bucket` takes of a value that is not null (appendix B). Types that are promoted into each other hash
 * alike, so that a column may be widened without moving its rows.
 */
export function hashValue(type: PrimitiveType, value: PartitionValue): number {
  if (value instanceof Uint8Array) return murmur3(value)
  if (type === 'uuid') return murmur3(uuidToBytes(value as string))
  if (typeof value === 'string') return murmur3(utf8.encode(value))
  const wide = BigInt(value as number | bigint)
  return murmur3(decimalOf(type) === undefined ? littleEndian(wide) : toBigEndian(wide))
}

function littleEndian(value: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigInt64(0, value, true)
  return new Uint8Array(view.buffer)
}
