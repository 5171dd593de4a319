import type { DuckDBValue, DuckDBValueConverter } from '@duckdb/node-api'
import {
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBArrayValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from '@duckdb/node-api'

/**
 * What DuckDB's values are in JavaScript: text for what no JavaScript value can hold exactly or without a time zone.
 *
 * - integers of any width, decimals without a scale among them: `number` while that is exact, else `bigint`; floats: `number`
 * - decimals with a scale: their digits as text
 * - timestamps: `Date`, cut to milliseconds; beyond what a `Date` can hold, text. Dates `2026-11-21`, times, UUIDs: text
 * - blobs: `Uint8Array`; lists: arrays; structs: objects; maps: `Map`
 */
export const jsValue: DuckDBValueConverter<unknown> = (value, type, convert) => {
  if (typeof value === 'bigint') return integer(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return dateOf(value.micros) ?? value.toString()
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    const { valueType } = type as unknown as { readonly valueType: typeof type }
    return value.items.map((item) => convert(item, valueType, convert))
  }
  if (value instanceof DuckDBStructValue) {
    const { entryTypes, entryNames } = type as unknown as {
      readonly entryTypes: readonly (typeof type)[]
      readonly entryNames: readonly string[]
    }
    return Object.fromEntries(
      entryNames.map((name, i) => [name, convert(value.entries[name] ?? null, entryTypes[i] ?? type, convert)]),
    )
  }
  if (value instanceof DuckDBMapValue) {
    const { keyType, valueType } = type as unknown as { readonly keyType: typeof type; readonly valueType: typeof type }
    return new Map(
      value.entries.map((entry) => [convert(entry.key, keyType, convert), convert(entry.value, valueType, convert)]),
    )
  }
  return scalar(value)
}

function scalar(value: object & DuckDBValue): unknown {
  if (value instanceof DuckDBBlobValue) return Uint8Array.from(value.bytes)
  if (value instanceof DuckDBDecimalValue && value.scale === 0) return integer(value.value)
  return value.toString()
}

function integer(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

const furthestMs = 8_640_000_000_000_000n

function dateOf(micros: bigint): Date | undefined {
  const ms = micros / 1000n - (micros % 1000n < 0n ? 1n : 0n)
  return ms > furthestMs || ms < -furthestMs ? undefined : new Date(Number(ms))
}
