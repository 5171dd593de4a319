import type { CsvDialect } from '../csv/csv-dialect.ts'
import { parseSample } from '../csv/parse-sample.ts'
import type { StagedWriter } from '../source/staged-writer.ts'

/** Takes good records and writes them one after the other, copied byte for byte where that is safe. */
export interface RecordSink {
  /** `odd`: written anew, every value in quotes. */
  add(
    bytes: Buffer,
    start: number,
    end: number,
    record: number,
    offset: number,
    length: number,
    odd: boolean,
  ): Promise<void> | undefined
  flush(): Promise<void>
  end(): Promise<void>
}

const size = 1 << 20

/** Each record has its number, offset and length in front, in the file's own dialect; lines end with a newline. */
export function createRecordSink(writer: StagedWriter, dialect: CsvDialect): RecordSink {
  const out = Buffer.allocUnsafe(size)
  const { delimiter } = dialect
  let filled = 0
  const flush = async (): Promise<void> => {
    const piece = out.subarray(0, filled)
    filled = 0
    if (piece.length > 0) await writer.write(piece)
  }
  const append = (bytes: Buffer, start: number, end: number, head: string): void => {
    filled += out.write(head, filled, 'latin1')
    bytes.copy(out, filled, start, end)
    filled += end - start
    out[filled++] = 10
  }
  return {
    flush,
    end: async () => {
      await flush()
      await writer.end()
    },
    add(bytes, start, end, record, offset, length, odd) {
      const head = record + delimiter + offset + delimiter + length + delimiter
      if (odd) {
        const text = quoted(bytes.toString('utf8', start, end), dialect)
        return flush().then(() => writer.write(`${head}${text}\n`))
      }
      const needed = head.length + end - start + 1
      if (needed > size)
        return flush().then(() =>
          writer.write(Buffer.concat([Buffer.from(head), bytes.subarray(start, end), Buffer.from('\n')])),
        )
      if (filled + needed <= size) return append(bytes, start, end, head) as undefined
      // The bytes move on with their window, the record must not.
      const piece = Buffer.from(out.subarray(0, filled))
      filled = 0
      append(bytes, start, end, head)
      return writer.write(piece)
    },
  }
}

/** For a carriage return that ends no line: a character that is no one's. */
const standIn = '\uE0D5'

function quoted(text: string, dialect: CsvDialect): string {
  const [values = []] = parseSample(text.replaceAll('\r', standIn), dialect, 1, true).records
  const { quote, escape, delimiter } = dialect
  if (quote === '') return values.join(delimiter)
  return values
    .map((value) => value.replaceAll(standIn, '\r'))
    .map((value) => (value === '' ? '' : quote + value.replaceAll(quote, escape + quote) + quote))
    .join(delimiter)
}
