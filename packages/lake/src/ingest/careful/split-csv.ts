import { isUtf8 } from 'node:buffer'
import type { CsvFile } from '../source/source-file.ts'
import { notUtf8 } from '../source/stage-text.ts'
import { openStagedWriter } from '../source/staged-writer.ts'
import { type ByteWindow, openWindow } from './byte-window.ts'
import { createRecordSink, type RecordSink } from './record-sink.ts'
import { type RejectionReason, longestRaw } from './rejection.ts'
import type { Rejections } from './rejections.ts'
import { longestRecord, type RecordRules, type ScannedRecord, scanRecord } from './scan-record.ts'

/** What a file was split into. */
export interface SplitFile {
  /** All records, those rejected too. */
  readonly records: number
  /** Those in the file that was written. */
  readonly good: number
}

/**
 * Writes a CSV file's good records anew, strictly, each with its number, offset and length before its values, and rejects the
 * others. After a broken quote it goes on at the next line: one record is lost, not all up to the next quote.
 */
export async function splitCsv(
  file: CsvFile,
  target: string,
  rejections: Rejections,
  signal: AbortSignal,
): Promise<SplitFile> {
  await using window = await openWindow(file.path)
  await using writer = await openStagedWriter(target)
  const rules = rulesOf(file, window)
  const sink = createRecordSink(writer, file.dialect)
  const split = new Split(file, rules, window, sink, rejections)
  await split.run(signal)
  await sink.end()
  return { records: split.records, good: split.good }
}

function rulesOf({ dialect }: CsvFile, window: ByteWindow): RecordRules {
  const code = (character: string): number => (character === '' ? -1 : character.charCodeAt(0))
  const head = window.bytes.subarray(0, window.end)
  return {
    delimiter: code(dialect.delimiter),
    quote: code(dialect.quote),
    escape: code(dialect.escape),
    columns: dialect.columns.length,
    loneCarriage: !head.includes(10) && head.includes(13),
  }
}

/** One pass over one file. */
class Split {
  records = 0
  good = 0
  #header: boolean
  readonly #file: CsvFile
  readonly #rules: RecordRules
  readonly #window: ByteWindow
  readonly #sink: RecordSink
  readonly #rejections: Rejections
  readonly #checksText: boolean

  constructor(file: CsvFile, rules: RecordRules, window: ByteWindow, sink: RecordSink, rejections: Rejections) {
    this.#file = file
    this.#rules = rules
    this.#window = window
    this.#sink = sink
    this.#rejections = rejections
    this.#header = file.dialect.header
    this.#checksText = file.suspect === notUtf8
  }

  async run(signal: AbortSignal): Promise<void> {
    const window = this.#window
    let at = 0
    for (;;) {
      const record = at < window.end ? scanRecord(window.bytes, at, window.end, window.last, this.#rules) : undefined
      if (record === undefined || record.outcome === 'more') {
        if (window.last) return
        await this.#sink.flush()
        await window.advance(at)
        signal.throwIfAborted()
        at = 0
        continue
      }
      const waits = record.outcome === 'broken' ? this.#broken(at, record.end) : this.#record(at, record)
      at = this.#next
      if (waits) await waits
    }
  }

  #next = 0

  #record(at: number, record: ScannedRecord): Promise<void> | undefined {
    this.#next = record.next
    if (record.end === at && this.#rules.columns > 0) return undefined
    if (this.#header) {
      this.#header = false
      return undefined
    }
    const { columns } = this.#rules
    const end = record.values > columns && this.#isEmpty(record.cut, record.end) ? record.cut : record.end
    if (record.values !== columns && end === record.end) {
      // What spans lines and does not fit is a quote that closed by accident.
      if (record.multiline) return this.#broken(at)
      return this.#reject(at, record.end, 'COLUMN_COUNT', `it has ${record.values} values, not ${columns}`)
    }
    if (record.end - at > longestRecord) return this.#reject(at, record.end, 'RECORD_TOO_LONG', tooLong)
    if (this.#checksText && !isUtf8(this.#window.bytes.subarray(at, end)))
      return this.#reject(at, record.end, 'ENCODING_INVALID', 'it is not valid UTF-8')
    this.records += 1
    this.good += 1
    return this.#sink.add(
      this.#window.bytes,
      at,
      end,
      this.records,
      this.#window.base + at,
      record.end - at,
      record.odd,
    )
  }

  /** Only what comes up to the end of the line that the quote opens in is lost: values before it may span lines. */
  #broken(at: number, open: number = at): Promise<void> | undefined {
    const { bytes, end } = this.#window
    const lineEnd = bytes.indexOf(this.#rules.loneCarriage ? 13 : 10, open)
    const stop = lineEnd < 0 || lineEnd >= end ? end : lineEnd
    this.#next = Math.min(stop + 1, end)
    this.#header = false
    return this.#reject(
      at,
      stop,
      'QUOTE_BROKEN',
      'a quote opens a value and does not close it before a delimiter or a line end',
    )
  }

  /** Delimiters after the last column, with nothing between them, say nothing. */
  #isEmpty(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (this.#window.bytes[at] !== this.#rules.delimiter) return false
    return true
  }

  #reject(at: number, end: number, reason: RejectionReason, problem: string): Promise<void> | undefined {
    this.records += 1
    const raw = this.#window.bytes.toString('utf8', at, Math.min(end, at + longestRaw)).replace(/\r$/, '')
    const offset = this.#window.base + at
    return this.#rejections.add(this.#file, {
      reason,
      record: this.records,
      offset,
      column: undefined,
      problem,
      raw,
    })
  }
}

const tooLong = `it is longer than ${longestRecord} bytes`
