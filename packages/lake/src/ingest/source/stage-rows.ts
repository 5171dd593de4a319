import { createRowText } from './row-text.ts'
import type { JsonFile } from './source-file.ts'
import { openStagedWriter } from './staged-writer.ts'

/** Writes rows as a file with one JSON object per line: the fastest way from JavaScript's values to DuckDB. */
export async function stageRows(
  rows: Iterable<unknown> | AsyncIterable<unknown>,
  path: string,
  signal: AbortSignal,
): Promise<JsonFile> {
  return stageTaken(path, async (take) => {
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
  give: (take: (row: unknown) => Promise<void> | undefined) => Promise<void>,
): Promise<JsonFile> {
  await using writer = await openStagedWriter(path)
  const text = createRowText()
  let records = 0
  await give((row) => {
    records += 1
    return writer.write(text.line(row))
  })
  await writer.end()
  return {
    format: 'ndjson',
    label: undefined,
    path,
    identity: undefined,
    records,
    suspect: undefined,
    kinds: text.kinds,
  }
}
