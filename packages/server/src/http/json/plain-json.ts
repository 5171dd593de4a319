import { isSecret, type Json } from '@sluice/core'

const deepest = 50
const masked = '********'

/**
 * A value of a run as far as JSON can hold it: secrets masked, dates as text, big integers as text, bytes and what is nested too
 * deeply only named. What the run itself gets is the value as it was.
 */
export function plainJson(value: unknown, depth = 0): Json {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object') return `<${typeof value}>`
  return objectJson(value, depth)
}

function objectJson(value: object, depth: number): Json {
  if (isSecret(value)) return masked
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof URL || value instanceof RegExp) return String(value)
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`
  if (value instanceof Error) return { name: value.name, message: value.message }
  if (depth >= deepest) return '…'
  if (Array.isArray(value)) return value.map((item) => plainJson(item, depth + 1))
  if (value instanceof Set) return [...value].map((item) => plainJson(item, depth + 1))
  if (value instanceof Map) return [...value].map((pair) => pair.map((item) => plainJson(item, depth + 1)))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainJson(item, depth + 1)]))
}
