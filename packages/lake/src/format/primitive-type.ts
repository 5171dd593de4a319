import type { IcebergType, PrimitiveType } from './schema.ts'

/** Precision and scale of a decimal, undefined for any other type. */
export function decimalOf(type: IcebergType): { readonly precision: number; readonly scale: number } | undefined {
  const [, precision, scale] = (typeof type === 'string' && /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type)) || []
  return precision === undefined || scale === undefined
    ? undefined
    : { precision: Number(precision), scale: Number(scale) }
}

/** Length of a fixed in bytes, undefined for any other type. */
export function fixedLengthOf(type: IcebergType): number | undefined {
  const [, length] = (typeof type === 'string' && /^fixed\[\s*(\d+)\s*\]$/.exec(type)) || []
  return length === undefined ? undefined : Number(length)
}

/** The types that have no numbers of their own. */
export const plainTypes: readonly PrimitiveType[] = [
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'string',
  'uuid',
  'binary',
]

const plain: ReadonlySet<string> = new Set(plainTypes)

/** Whether a text names a primitive type of format version 2. */
export function isPrimitiveType(text: string): text is PrimitiveType {
  if (plain.has(text)) return true
  const decimal = decimalOf(text as PrimitiveType)
  if (decimal !== undefined)
    return decimal.precision >= 1 && decimal.precision <= 38 && decimal.scale <= decimal.precision
  return fixedLengthOf(text as PrimitiveType) !== undefined
}

/** Bytes that hold every decimal of this precision in two's complement. */
export function decimalBytes(precision: number): number {
  const largest = 10n ** BigInt(precision) - 1n
  let bytes = 1
  while (largest >= 1n << BigInt(8 * bytes - 1)) bytes += 1
  return bytes
}
