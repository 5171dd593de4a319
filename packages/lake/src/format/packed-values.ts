import { fromBigEndian, toBigEndian } from './big-endian.ts'
import type { PartitionValue } from './manifest.ts'

/** Byte strings one behind the other. One without a byte is missing: whoever may have empty ones puts a mark before each. */
export interface PackedValues {
  /** One more than there are values: where each begins, and where the last ends. */
  readonly offsets: Uint32Array
  readonly bytes: Uint8Array
}

export function packValues(values: readonly (Uint8Array | undefined)[]): PackedValues {
  const offsets = new Uint32Array(values.length + 1)
  let length = 0
  for (const [at, value] of values.entries()) offsets[at + 1] = length += value?.length ?? 0
  const bytes = new Uint8Array(length)
  for (const [at, value] of values.entries()) if (value) bytes.set(value, offsets[at])
  return { offsets, bytes }
}

export function valueAt({ offsets, bytes }: PackedValues, at: number): Uint8Array | undefined {
  const start = offsets[at] ?? 0
  const end = offsets[at + 1] ?? start
  return start === end ? undefined : bytes.subarray(start, end)
}

/** Before a bound: a text may be empty. */
export function marked(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && withKind(0, bytes)
}

export function unmarked(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes?.subarray(1)
}

const kinds = { null: 1, false: 2, true: 3, number: 4, bigint: 5, string: 6, bytes: 7 } as const

/** A value with its kind before it. */
export function packPartitionValue(value: PartitionValue | undefined): Uint8Array | undefined {
  if (value === undefined) return undefined
  if (value === null || typeof value === 'boolean') return Uint8Array.of(kinds[`${value}`])
  if (value instanceof Uint8Array) return withKind(kinds.bytes, value)
  if (typeof value === 'string') return withKind(kinds.string, Buffer.from(value))
  if (typeof value === 'bigint') return withKind(kinds.bigint, toBigEndian(value))
  const packed = new DataView(new ArrayBuffer(9))
  packed.setUint8(0, kinds.number)
  packed.setFloat64(1, value)
  return new Uint8Array(packed.buffer)
}

/** The reverse. */
export function partitionValueOf(packed: Uint8Array | undefined): PartitionValue | undefined {
  if (packed === undefined) return undefined
  const value = packed.subarray(1)
  switch (packed[0]) {
    case kinds.null:
      return null
    case kinds.false:
    case kinds.true:
      return packed[0] === kinds.true
    case kinds.number:
      return new DataView(value.buffer, value.byteOffset, value.byteLength).getFloat64(0)
    case kinds.bigint:
      return fromBigEndian(value)
    case kinds.string:
      return textOf(value)
    default:
      return value
  }
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function withKind(kind: number, bytes: Uint8Array): Uint8Array {
  const packed = new Uint8Array(bytes.length + 1)
  packed[0] = kind
  packed.set(bytes, 1)
  return packed
}
