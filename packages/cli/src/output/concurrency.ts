import { SluiceError } from '@sluice/core'

/** How many at once: a number, or `none` for no limit. */
export function concurrencyOption(option: string, text: string): number | null {
  if (text === 'none') return null
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= 100_000) return value
  throw new SluiceError('OPTION_INVALID', { option, problem: `'${text}' is not a number from 0 to 100000, or 'none'` })
}

/** `3 of 10`, or `3` where there is no limit. */
export function usedText(used: number, most: number | null): string {
  return most === null ? String(used) : `${used} of ${most}`
}
