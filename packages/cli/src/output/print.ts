import { inspect } from 'node:util'
import type { CliIo } from '../io.ts'

/** One JSON document on standard output. Values that JSON does not know become text; what cannot be shown is said so. */
export function printJson(io: CliIo, value: unknown): void {
  io.stdout.write(`${JSON.stringify(jsonSafe(value), null, 2)}\n`)
}

/**
 * What ended the command, on standard error: as text, or as `{ "error": { code, message, details } }` with `--json`.
 * Standard output stays for results, so a pipe never takes an error for one.
 */
export function printError(io: CliIo, error: unknown, json: boolean): void {
  const { code, message, details, cause } = errorFacts(error)
  if (json) {
    io.stderr.write(`${JSON.stringify({ error: { code, message, details: jsonSafe(details) } })}\n`)
    return
  }
  const because = cause === undefined ? '' : `\n  caused by ${cause}`
  io.stderr.write(
    `sluice: ${message}${code === 'INTERNAL' ? '' : ` [${code}]`}${because}\n${code === 'INTERNAL' && error instanceof Error ? `${error.stack ?? ''}\n` : ''}`,
  )
}

function errorFacts(error: unknown): { code: string; message: string; details: unknown; cause: string | undefined } {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error), details: {}, cause: undefined }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL'
  const details = 'details' in error ? error.details : {}
  return { code, message: error.message, details, cause: causeText(error) }
}

/** What caused it, unless its message says so already. */
function causeText({ cause, message }: Error): string | undefined {
  return cause instanceof Error && !message.includes(cause.message) ? `${cause.name}: ${cause.message}` : undefined
}

/** The nearest JSON value: bigints, dates, maps, sets, typed arrays and cycles included. Never throws. */
export function jsonSafe(value: unknown, above: readonly object[] = []): unknown {
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'function') return `[function ${value.name}]`
  if (typeof value !== 'object' || value === null) return value
  if (above.includes(value)) return '[circular]'
  const within = [...above, value]
  if (Array.isArray(value)) return value.map((item) => jsonSafe(item ?? null, within))
  if (value instanceof Map) return [...value].map((entry) => jsonSafe(entry, within))
  if (value instanceof Set) return [...value].map((item) => jsonSafe(item, within))
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Error) return { name: value.name, message: value.message }
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if ('toJSON' in value && typeof value.toJSON === 'function') return jsonSafe(value.toJSON(), within)
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, jsonSafe(each, within)]))
}

/** A flow's result for people and pipes: text as it is, data as JSON where JSON can tell it exactly, else as Node shows it. */
export function resultText(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') return value
  if (isPlainJson(value)) return JSON.stringify(value, null, 2)
  return inspect(value, { depth: 8, breakLength: 100, maxArrayLength: 200 })
}

function isPlainJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth > 64) return false
  if (Array.isArray(value)) return value.every((item) => isPlainJson(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Object.values(value).every((item) => item === undefined || isPlainJson(item, depth + 1))
}
