import { SluiceError } from '@sluice/core'
import type { CsvOptions } from '../../table/types.ts'
import { encodingNamed } from '../source/text-encoding.ts'

/** Throws `OPTION_INVALID`: what is said of a file is taken as it is, so that it must be something. */
export function requireCsv(options: CsvOptions = {}): void {
  const { delimiter, quote, escape, header, encoding, nullText } = options
  for (const [name, value, none] of [
    ['delimiter', delimiter, false],
    ['quote', quote, true],
    ['escape', escape, true],
  ] as const)
    if (value !== undefined && !isCharacter(value) && !(none && value === ''))
      throw invalid(name, 'it must be one ASCII character, and no line end')
  if (delimiter !== undefined && (delimiter === quote || delimiter === escape))
    throw invalid('delimiter', 'it must be another character than the quote')
  if (header !== undefined && typeof header !== 'boolean') throw invalid('header', 'it is true or false')
  if (nullText !== undefined && !isTexts(nullText)) throw invalid('nullText', "it is a list of texts: ['NA', '-']")
  if (encoding !== undefined && encodingNamed(encoding) === undefined)
    throw invalid(
      'encoding',
      `${JSON.stringify(encoding)} is none; some are utf-8, utf-16, latin-1, windows-1251, shift_jis`,
    )
}

function isCharacter(value: unknown): boolean {
  return typeof value === 'string' && /^[\u0001-\u0009\u000B\u000C\u000E-\u007F]$/.test(value)
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}

function invalid(name: keyof CsvOptions, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option: `csv.${name}`, problem })
}
