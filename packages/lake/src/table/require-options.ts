import { SluiceError } from '@sluice/core'

/** Throws `OPTION_UNKNOWN` for an option that is not known: a misspelt one must not be ignored. */
export function requireOptions(of: string, options: object, known: readonly string[]): void {
  const option = Object.keys(options).find((name) => !known.includes(name))
  if (option !== undefined) throw new SluiceError('OPTION_UNKNOWN', { option, of, known })
}
