import type { CsvDialect } from './csv-dialect.ts'

/** The first records of a text; `broken`: how often something came after a closing quote that does not belong there. */
export interface Sample {
  readonly records: readonly (readonly string[])[]
  readonly broken: number
}

/** Reads as strictly as a sample needs: a quote opens at a value's beginning only. */
export function parseSample(
  text: string,
  dialect: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape'>,
  limit: number,
  complete: boolean,
): Sample {
  const records: string[][] = []
  let broken = 0
  let record: string[] = []
  let at = 0
  while (at < text.length && records.length < limit) {
    const { value, next, rest } = valueAt(text, at, dialect)
    if (rest) broken += 1
    record.push(value)
    const end = text[next]
    at = next + 1
    if (end === dialect.delimiter) {
      if (at === text.length) record.push('')
      else continue
    }
    if (end === '\r' && text[at] === '\n') at += 1
    // A record that the sample cuts says nothing.
    if (end === undefined && !complete && records.length > 0) break
    if (record.length > 1 || record[0] !== '') records.push(record)
    record = []
  }
  return { records, broken }
}

function valueAt(
  text: string,
  from: number,
  { delimiter, quote, escape }: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape'>,
): { readonly value: string; readonly next: number; readonly rest: boolean } {
  if (quote === '' || text[from] !== quote) {
    let next = from
    while (next < text.length && text[next] !== delimiter && text[next] !== '\n' && text[next] !== '\r') next += 1
    return { value: text.slice(from, next), next, rest: false }
  }
  let value = ''
  let at = from + 1
  while (at < text.length) {
    const character = text[at]
    if (character === escape && (escape !== quote || text[at + 1] === quote)) {
      value += text[at + 1] ?? ''
      at += 2
    } else if (character === quote) {
      at += 1
      break
    } else {
      value += character
      at += 1
    }
  }
  const end = at
  while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at += 1
  return { value, next: at, rest: at > end }
}
