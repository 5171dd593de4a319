import { SluiceError } from '@sluice/core'
import { monthOfDays, yearOfDays } from './calendar.ts'
import { hashValue } from './hash-value.ts'
import type { PartitionValue } from './manifest.ts'
import { decimalOf } from './primitive-type.ts'
import type { PrimitiveType } from './schema.ts'
import type { Transform } from './table-metadata.ts'

/** A transform, taken apart. */
export type ParsedTransform =
  | { readonly kind: 'identity' | 'year' | 'month' | 'day' | 'hour' | 'void' }
  | { readonly kind: 'bucket' | 'truncate'; readonly width: number }

/** Takes the text of a transform apart; undefined for what the specification of version 2 does not know. */
export function parseTransform(text: string): ParsedTransform | undefined {
  switch (text) {
    case 'identity':
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
    case 'void':
      return { kind: text }
    default: {
      const [, kind, digits] = /^(bucket|truncate)\[(\d+)\]$/.exec(text) ?? []
      const width = Number(digits)
      if ((kind !== 'bucket' && kind !== 'truncate') || width < 1 || width > 0x7fffffff) return undefined
      return { kind, width }
    }
  }
}

/** The type of a transform's values; undefined when the transform does not take this type. */
export function transformResultType(transform: Transform, type: PrimitiveType): PrimitiveType | undefined {
  const parsed = parseTransform(transform)
  switch (parsed?.kind) {
    case 'identity':
    case 'void':
      return type
    case 'year':
    case 'month':
      return isDated(type) ? 'int' : undefined
    case 'day':
      return isDated(type) ? 'date' : undefined
    case 'hour':
      return type === 'timestamp' || type === 'timestamptz' ? 'int' : undefined
    case 'bucket':
      return type === 'boolean' || type === 'float' || type === 'double' ? undefined : 'int'
    case 'truncate':
      return isTruncatable(type) ? type : undefined
    default:
      return undefined
  }
}

function isDated(type: PrimitiveType): boolean {
  return type === 'date' || type === 'timestamp' || type === 'timestamptz'
}

function isTruncatable(type: PrimitiveType): boolean {
  return ['int', 'long', 'string', 'binary'].includes(type) || decimalOf(type) !== undefined
}

/**
 * The partition value of a column's value ("Partition Transforms"); null for null.
 *
 * @throws SluiceError `LAKE_VALUE_UNSUPPORTED` where the result does not fit its type: the lowest integers, truncated, lie
 * below it. Engines that let them wrap around lose such rows.
 */
export function applyTransform(transform: Transform, type: PrimitiveType, value: PartitionValue): PartitionValue {
  if (value === null) return null
  const parsed = parseTransform(transform)
  switch (parsed?.kind) {
    case 'identity':
      return value
    case 'year':
      return yearOfDays(daysOf(type, value)) - 1970
    case 'month':
      return monthOfDays(daysOf(type, value))
    case 'day':
      return daysOf(type, value)
    case 'hour':
      return Number(floorDivide(BigInt(value as number | bigint), 3_600_000_000n))
    case 'bucket':
      return (hashValue(type, value) & 0x7fffffff) % parsed.width
    case 'truncate':
      return truncated(type, value, parsed.width)
    default:
      return null
  }
}

function daysOf(type: PrimitiveType, value: PartitionValue): number {
  return type === 'date' ? Number(value) : Number(floorDivide(BigInt(value as number | bigint), 86_400_000_000n))
}

function truncated(type: PrimitiveType, value: PartitionValue, width: number): PartitionValue {
  if (typeof value === 'string') return [...value].slice(0, width).join('')
  if (value instanceof Uint8Array) return value.slice(0, width)
  const wide = BigInt(value as number | bigint)
  const result = floorDivide(wide, BigInt(width)) * BigInt(width)
  if (result < lowestOf(type))
    throw new SluiceError('LAKE_VALUE_UNSUPPORTED', {
      value: String(value),
      type,
      problem: `truncate[${width}] of it is below its type`,
    })
  return type === 'int' ? Number(result) : result
}

function lowestOf(type: PrimitiveType): bigint {
  const decimal = decimalOf(type)
  if (decimal !== undefined) return 1n - 10n ** BigInt(decimal.precision)
  return type === 'int' ? -0x80000000n : -0x8000000000000000n
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}
