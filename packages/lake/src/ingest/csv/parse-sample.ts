import type { CsvDialect } from './csv-dialect.ts'

/** The first records of a text, as strictly as a sample needs: a quote opens at a value's beginning only. */
export function parseSample(
  text: string,
  dialect: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape'>,
  limit: number,
  complete: boolean,
): readonly (readonly string[])[] {
  const records: string[][] = []
  let record: string[] = []
  let at = 0
  while (at < text.length && records.length < limit) {
    const { value, next } = valueAt(text, at, dialect)
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
  return records
}

function valueAt(
  text: string,
  from: number,
  { delimiter, quote, escape }: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape'>,
): { readonly value: string; readonly next: number } {
  if (quote === '' || text[from] !== quote) {
    let next = from
    while (next < text.length && text[next] !== delimiter && text[next] !== '\n' && text[next] !== '\r') next += 1
    return { value: text.slice(from, next), next }
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
  while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at += 1
  return { value, next: at }
}
