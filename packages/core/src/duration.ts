import { SluiceError } from './errors.ts'

/** A length of time: milliseconds, or a number with its unit. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/**
 * Milliseconds of a duration, exact to the microsecond.
 *
 * @throws SluiceError `DURATION_INVALID` for anything negative, endless or misspelt.
 * @example
 * parseDuration('1.5h') // 5_400_000
 */
export function parseDuration(duration: Duration): number {
  const ms = typeof duration === 'number' ? duration : parseText(duration)
  if (!Number.isFinite(ms) || ms < 0) throw new SluiceError('DURATION_INVALID', { duration: String(duration) })
  return ms
}

function parseText(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text) ?? []
  if (!isUnit(unit)) return Number.NaN
  const ms = Number(count) * unitMs[unit]
  // 2.3 minutes is 137 999.999… in binary fractions.
  return ms < 1e12 ? Math.round(ms * 1_000) / 1_000 : ms
}

function isUnit(unit: string | undefined): unit is keyof typeof unitMs {
  return unit !== undefined && Object.hasOwn(unitMs, unit)
}

/**
 * A duration as people read it: two units at most, rounded.
 *
 * @example
 * formatDuration(192_400) // '3m 12s'
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms)
  if (ms < 0) return `-${formatDuration(-ms)}`
  // Each bound is where the rounded text would reach the next unit: 59.96 s is told as 1m, not 60 s.
  if (ms < 999.5) return `${ms < 9.95 ? tenths(ms) : Math.round(ms)} ms`
  if (ms < 59_950) return `${tenths(ms / 1_000)} s`
  if (ms < 3_599_500) return twoUnits(Math.round(ms / 1_000), 60, 'm', 's')
  if (ms < 86_370_000) return twoUnits(Math.round(ms / 60_000), 60, 'h', 'm')
  return twoUnits(Math.round(ms / 3_600_000), 24, 'd', 'h')
}

function tenths(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function twoUnits(total: number, size: number, big: string, small: string): string {
  const rest = total % size
  const head = `${Math.floor(total / size)}${big}`
  return rest === 0 ? head : `${head} ${rest}${small}`
}
