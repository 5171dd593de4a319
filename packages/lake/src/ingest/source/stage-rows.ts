import type { RawRows } from '../../raw/raw-part.ts'
import { createRowText } from './row-text.ts'
import { openStagedWriter, type WriterOptions } from './staged-writer.ts'

/** Rows as lines of JSON in a file. */
export interface WrittenRows {
  readonly size: number
  readonly sha256: string | undefined
  readonly rows: RawRows
}

/** Writes rows as a file with one JSON object per line: the fastest way from JavaScript's values to DuckDB. */
export async function stageRows(
  rows: Iterable<unknown> | AsyncIterable<unknown>,
  path: string,
  options: WriterOptions & { readonly signal: AbortSignal },
): Promise<WrittenRows> {
  const { signal } = options
  return stageTaken(path, options, async (take) => {
    if (Symbol.asyncIterator in rows) {
      for await (const row of rows) {
        const full = take(row)
        if (full) await full
        signal.throwIfAborted()
      }
    } else
      for (const row of rows) {
        const full = take(row)
        if (full === undefined) continue
        await full
        signal.throwIfAborted()
      }
  })
}

/** Writes the rows that `give` hands over. */
export async function stageTaken(
  path: string,
  options: WriterOptions,
  give: (take: (row: unknown) => Promise<void> | undefined) => Promise<void>,
): Promise<WrittenRows> {
  await using writer = await openStagedWriter(path, options)
  const text = createRowText()
  let records = 0
  await give((row) => {
    records += 1
    return writer.write(text.line(row))
  })
  await writer.end()
  return { size: writer.size, sha256: writer.digest(), rows: { records, kinds: [...text.kinds] } }
}
