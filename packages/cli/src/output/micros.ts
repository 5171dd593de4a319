import { type Micros, SluiceError } from '@sluice/core'

/** The microseconds of a time in ISO 8601; digits beyond the millisecond count. */
export function microsOf(text: string): Micros {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? ''
  return Date.parse(text) * 1000 + Number(fraction.padEnd(6, '0').slice(3, 6))
}

export function microsOrNull(text: string | null): Micros | null {
  return text === null ? null : microsOf(text)
}

/** A time given on the command line, as ISO 8601 in UTC. Without a zone it is local. Throws `OPTION_INVALID`. */
export function timeOption(option: string, text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return new Date(at).toISOString()
  throw new SluiceError('OPTION_INVALID', {
    option,
    problem: `'${text}' is not a time such as 2026-12-01T10:00Z`,
  })
}
