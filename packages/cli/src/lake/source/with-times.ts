import type { Row } from './lake-source.ts'

const timed = /^timestamp/i

/** Rows of JSON with their times as times again: a command shows them as it shows those of the home at hand. */
export function withTimes(
  columns: readonly { readonly name: string; readonly type: string }[],
  rows: readonly Row[],
): readonly Row[] {
  const times = columns.filter(({ type }) => timed.test(type)).map(({ name }) => name)
  if (times.length === 0) return rows
  return rows.map((row) => ({ ...row, ...Object.fromEntries(times.map((name) => [name, timeOf(row[name])])) }))
}

/** What no `Date` can hold came as other text, and stays that. */
function timeOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : value
}
