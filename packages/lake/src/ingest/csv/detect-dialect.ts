import type { CsvOptions } from '../../table/types.ts'
import type { CsvDialect } from './csv-dialect.ts'
import { parseSample } from './parse-sample.ts'

const delimiters = [',', ';', '\t', '|']
/** Enough to tell a dialect by. */
const sampleRecords = 1000

interface Candidate {
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
  readonly records: readonly (readonly string[])[]
  readonly score: number
}

/**
 * Tells a file's dialect from its beginning. What the options say is taken as it is. `complete`: the text is the whole file,
 * so that its last record counts.
 */
export function detectDialect(text: string, complete: boolean, options: CsvOptions): CsvDialect {
  const found = bestOf(text, complete, options)
  const header = options.header ?? looksLikeHeader(found.records)
  const first = found.records[0] ?? []
  const columns = header ? first.map((name) => name.trim()) : first.map((_, i) => `column_${i + 1}`)
  const { delimiter, quote, escape } = found
  return { delimiter, quote, escape, header, columns, nullText: options.nullText ?? [] }
}

function bestOf(text: string, complete: boolean, options: CsvOptions): Candidate {
  const quotes = options.quote !== undefined ? [options.quote] : quotesIn(text)
  const tried = options.delimiter !== undefined ? [options.delimiter] : delimiters
  const candidates = quotes.flatMap((quote) =>
    escapesIn(text, quote, options).flatMap((escape) =>
      tried.map((delimiter) => {
        const { records, broken } = parseSample(text, { delimiter, quote, escape }, sampleRecords, complete)
        return {
          delimiter,
          quote,
          escape,
          records,
          score: scoreOf(records) - (5 * broken) / Math.max(1, records.length),
        }
      }),
    ),
  )
  // The earliest of equals: candidates are in the order in which they are likely.
  return candidates.reduce((best, candidate) => (candidate.score > best.score ? candidate : best))
}

/** A quote is doubled; or it has a backslash before it. */
function escapesIn(text: string, quote: string, options: CsvOptions): readonly string[] {
  if (options.escape !== undefined) return [options.escape]
  return quote !== '' && text.includes(`\\${quote}`) ? [quote, '\\'] : [quote]
}

function quotesIn(text: string): readonly string[] {
  return !text.includes('"') && /(?:^|[,;\t|])'[^'\n]*'(?:[,;\t|\r\n]|$)/m.test(text) ? ["'", '"'] : ['"']
}

/** Better: all records have as many values as the first one, and more than one. */
function scoreOf(records: readonly (readonly string[])[]): number {
  const first = records[0]?.length ?? 0
  if (first <= 1) return 0
  const same = records.filter((record) => record.length === first).length / records.length
  return same * 10 + Math.min(first, 50) / 100
}

/** A first record of which no value could be data. */
function looksLikeHeader(records: readonly (readonly string[])[]): boolean {
  const [first = []] = records
  if (first.every((name) => name.trim() === '')) return false
  return (
    first.every((name) => !isData(name.trim())) && new Set(first.filter((name) => name !== '')).size >= first.length - 1
  )
}

function isData(value: string): boolean {
  return (
    /^[+-]?(?:\d[\d_,.]*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value) ||
    /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?$/.test(value) ||
    /^(?:true|false|nan|null)$/i.test(value)
  )
}
