import type { PartitionValue } from './manifest.ts'
import type { PrimitiveType } from './schema.ts'
import { encodeSingleValue } from './single-value.ts'

type Value = Exclude<PartitionValue, null>

/** Texts and bytes are cut to this many code points or bytes: Iceberg's default. */
const longest = 16

/** The lower bound of a column as a data file carries it; undefined when there can be none: omission is always legal. */
export function encodeLowerBound(type: PrimitiveType, value: Value): Uint8Array | undefined {
  return encodeBound(type, isFloat(type) && value === 0 ? -0 : cut(type, value))
}

/** The upper bound, with what was cut rounded up; undefined when nothing is above it. */
export function encodeUpperBound(type: PrimitiveType, value: Value): Uint8Array | undefined {
  const raised = isFloat(type) && value === 0 ? 0 : raisedCut(type, value)
  return raised === undefined ? undefined : encodeBound(type, raised)
}

/** NaN bounds nothing; a lone surrogate has no UTF-8, and what would be written in its place need not be in order. */
function encodeBound(type: PrimitiveType, value: Value): Uint8Array | undefined {
  if (Number.isNaN(value) || (typeof value === 'string' && !value.isWellFormed())) return undefined
  return encodeSingleValue(type, value)
}

/** Zero is written with the sign that includes the other zero: readers that tell them apart must find both. */
function isFloat(type: PrimitiveType): boolean {
  return type === 'float' || type === 'double'
}

function cut(type: PrimitiveType, value: Value): Value {
  if (type === 'binary') return (value as Uint8Array).slice(0, longest)
  return type === 'string' ? [...(value as string)].slice(0, longest).join('') : value
}

/** The least value of at most sixteen units that is not below this one. */
function raisedCut(type: PrimitiveType, value: Value): Value | undefined {
  if (type === 'binary') {
    const bytes = value as Uint8Array
    return bytes.length <= longest ? bytes : raisedBytes(bytes.slice(0, longest))
  }
  if (type !== 'string') return value
  const points = Array.from(value as string, (char) => char.codePointAt(0) ?? 0)
  return points.length <= longest ? value : raisedText(points.slice(0, longest))
}

function raisedBytes(bytes: Uint8Array): Uint8Array | undefined {
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    const byte = bytes[at] ?? 0xff
    if (byte < 0xff) return Uint8Array.of(...bytes.subarray(0, at), byte + 1)
  }
  return undefined
}

function raisedText(points: readonly number[]): string | undefined {
  for (let at = points.length - 1; at >= 0; at -= 1) {
    const point = points[at] ?? 0x10ffff
    if (point >= 0x10ffff) continue
    // Surrogates are no characters: behind U+D7FF comes U+E000.
    const next = point === 0xd7ff ? 0xe000 : point + 1
    return String.fromCodePoint(...points.slice(0, at), next)
  }
  return undefined
}
