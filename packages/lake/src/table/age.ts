import { type Duration, isSluiceError, parseDuration, SluiceError } from '@sluice/core'

/** A length of time, also in years: `'36h'`, `'30d'`, `'2y'`. */
export type Age = Duration | `${number}y`

const yearMs = 365 * 86_400_000

/** Milliseconds of an age. Throws `OPTION_INVALID`. */
export function ageMs(option: string, age: Age): number {
  const [, years] = typeof age === 'string' ? (/^(\d+(?:\.\d+)?)y$/.exec(age) ?? []) : []
  if (years !== undefined) return Number(years) * yearMs
  try {
    return parseDuration(age as Duration)
  } catch (cause) {
    if (!isSluiceError(cause)) throw cause
    throw new SluiceError(
      'OPTION_INVALID',
      { option, problem: `${JSON.stringify(age)} is no length of time: write '36h', '30d' or '2y'` },
      { cause },
    )
  }
}
