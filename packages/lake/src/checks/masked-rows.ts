import type { Json } from '@sluice/core'

const mask = '********'
const longest = 200

/** Rows as findings show them: as JSON, cut short, and without the values of sensitive columns. */
export function maskedRows(rows: readonly object[], sensitive: ReadonlySet<string>): readonly Record<string, Json>[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, sensitive.has(name) ? mask : shown(value)] as const),
    ),
  )
}

function shown(value: unknown): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return cut(value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return cut(Buffer.from(value).toString('hex'))
  return cut(
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member)) ?? '',
  )
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
