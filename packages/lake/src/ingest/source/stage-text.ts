import type { CsvDialect } from '../csv/csv-dialect.ts'
import { detectDialect } from '../csv/detect-dialect.ts'
import { lineJson } from '../json/line-json.ts'
import type { LoadRequest } from '../load-request.ts'
import { createRecordCounter, type RecordCount } from './count-records.ts'
import { knownBytes, looksBinary } from './known-bytes.ts'
import { fileBytes } from './open-bytes.ts'
import type { CsvFile, SourceFile } from './source-file.ts'
import type { OpenedFile } from './stage-file.ts'
import { openStagedWriter } from './staged-writer.ts'
import { detectEncoding, headText, toUtf8 } from './text-encoding.ts'

/** DuckDB's own limits for one record; longer ones are looked at closely. */
const longestCsv = 2_000_000
const longestJson = 16_000_000

/** A CSV or JSON file as UTF-8 on this machine, in place where it is that already. */
export async function stageText(file: OpenedFile, request: LoadRequest): Promise<SourceFile> {
  requireNoOther(file.head)
  const encoding = detectEncoding(file.head, request.options.csv?.encoding)
  const text = headText(file.head, encoding)
  requireCharacters(text, request)
  const utf8 = toUtf8(file.bytes, encoding)
  const inPlace = encoding.name === 'utf-8' && encoding.skip === 0 ? file.inPlace : undefined
  const common = { label: file.label, identity: undefined }
  if (file.format === 'csv' || file.format === 'tsv') {
    const dialect = dialectOf(text, file, request)
    const csv = { ...common, format: 'csv', path: inPlace ?? file.staged, dialect } as const
    if (inPlace !== undefined && !file.complete && request.options.once !== 'content') {
      // The head is enough to plan by: the rest is read while it is written.
      for await (const _ of file.bytes) break
      return { ...csv, records: undefined, suspect: undefined, lineEnd: /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n' }
    }
    return {
      ...csv,
      ...counted(await passThrough(utf8, inPlace === undefined ? file.staged : undefined, dialect), dialect),
    }
  }
  const lines = file.format === 'ndjson' || isLines(text, file.complete)
  const bytes = lines ? utf8 : lineJson(utf8)
  const count = await passThrough(bytes, inPlace === undefined || !lines ? file.staged : undefined, undefined)
  const path = lines && inPlace !== undefined ? inPlace : file.staged
  return { ...common, format: 'ndjson', path, records: count.records, suspect: suspectJson(count) }
}

/** A file that is read in place, its records counted. */
export async function countCsv(file: CsvFile, signal: AbortSignal): Promise<CsvFile> {
  if (file.records !== undefined) return file
  return { ...file, ...counted(await passThrough(fileBytes(file.path, signal), undefined, file.dialect), file.dialect) }
}

function counted(count: RecordCount, { header }: CsvDialect): Pick<CsvFile, 'records' | 'suspect' | 'lineEnd'> {
  return {
    records: Math.max(0, count.records - (header ? 1 : 0)),
    suspect: suspectCsv(count),
    lineEnd: count.crlf > 0 ? '\r\n' : '\n',
  }
}

/** Throws `LOAD_SOURCE_UNREADABLE`, by `stageFile`: a picture read as CSV would be a table of odd rows. */
function requireNoOther(head: Buffer): void {
  const known = knownBytes(head)
  if (known !== undefined) throw new Error(`it is ${known.is}: ${known.instead}`)
}

function requireCharacters(text: string, { options: { csv = {} } }: LoadRequest): void {
  const said = [csv.delimiter, csv.quote, csv.escape].filter((character) => character !== undefined)
  if (looksBinary(text, said))
    throw new Error('it is no text: say its `format` or `encoding`, or keep its bytes in a fileset (`sluice lake put`)')
}

function dialectOf(text: string, file: OpenedFile, { options }: LoadRequest): CsvDialect {
  const said = file.format === 'tsv' ? { delimiter: '\t', ...options.csv } : (options.csv ?? {})
  return detectDialect(text, file.complete, said)
}

/** Counts, and copies where a copy is needed. */
async function passThrough(
  bytes: AsyncIterable<Uint8Array>,
  copy: string | undefined,
  dialect: CsvDialect | undefined,
): Promise<RecordCount> {
  const counter = createRecordCounter(code(dialect?.quote), code(dialect?.escape))
  if (copy === undefined) {
    for await (const chunk of bytes) counter.push(chunk)
    return counter.end()
  }
  await using writer = await openStagedWriter(copy)
  for await (const chunk of bytes) {
    counter.push(chunk)
    await writer.write(chunk)
  }
  await writer.end()
  return counter.end()
}

function code(character: string | undefined): number | undefined {
  return character === undefined || character === '' ? undefined : character.charCodeAt(0)
}

/** What a file is suspected of whose bytes are no text. */
export const notUtf8 = 'it is not valid UTF-8'

function suspectCsv(count: RecordCount): string | undefined {
  // Before all else: of such a file every record's text is looked at.
  if (!count.validUtf8) return notUtf8
  const ends = [count.lf - count.crlf, count.crlf, count.cr].filter((n) => n > 0).length
  if (ends > 1) return 'its lines end in different ways'
  if (count.cr > 0) return 'its lines end with a carriage return alone'
  if (count.openQuote) return 'a quote is never closed'
  return suspectBytes(count, longestCsv)
}

function suspectJson(count: RecordCount): string | undefined {
  return suspectBytes(count, longestJson)
}

function suspectBytes(count: RecordCount, longest: number): string | undefined {
  if (!count.validUtf8) return notUtf8
  if (count.nul) return 'it has zero bytes'
  return count.longest > longest ? 'one of its records is very long' : undefined
}

/** Whether a JSON file is one document per line: its first line is a whole object. */
function isLines(text: string, complete: boolean): boolean {
  const start = text.trimStart()
  const end = start.indexOf('\n')
  if (!start.startsWith('{') || (end < 0 && !complete)) return false
  try {
    JSON.parse(end < 0 ? start : start.slice(0, end))
    return true
  } catch {
    return false
  }
}
