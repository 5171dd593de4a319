import type { Json } from '@sluice/core'

/**
 * A value of a table as JSON has it: integers beyond 2^53 as text (decimals are text already), times in ISO 8601, bytes in Base64, maps as
 * lists of pairs. Fields without a value are left out.
 */
export function jsonOf(value: unknown): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (Array.isArray(value)) return value.map(jsonOf)
  if (value instanceof Map) return [...value].map(jsonOf)
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([name, field]) => [name, jsonOf(field)]))
}
