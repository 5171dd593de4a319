import type { PartitionValue } from './manifest.ts'

type Value = Exclude<PartitionValue, null>

/**
 * The order of a type's values as bounds need it: bytes unsigned, text by code points (as its UTF-8 bytes are), −0 below +0,
 * and NaN above everything. Numbers and bigints compare exactly with each other.
 */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (a < b) return -1
  if (a > b) return 1
  return typeof a === 'number' && typeof b === 'number' ? compareSpecial(a, b) : 0
}

function compareSpecial(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return Number(Object.is(b, -0)) - Number(Object.is(a, -0))
}

/** By code points: JavaScript's own order puts what needs two units, such as emoji, below U+E000 to U+FFFF. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index += 1) {
    const x = a.charCodeAt(index)
    const y = b.charCodeAt(index)
    if (x !== y) return orderOf(x) - orderOf(y)
  }
  return a.length - b.length
}

function orderOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
