import { createRowText } from './row-text.ts'
import type { JsonFile } from './source-file.ts'
import { openStagedWriter } from './staged-writer.ts'

/** Writes rows as a file with one JSON object per line: the fastest way from JavaScript's values to DuckDB. */
export async function stageRows(
  rows: Iterable<unknown> | AsyncIterable<unknown>,
  path: string,
  signal: AbortSignal,
): Promise<JsonFile> {
  await using writer = await openStagedWriter(path)
  const text = createRowText()
  let records = 0
  const take = (row: unknown): Promise<void> | undefined => {
    records += 1
    return writer.write(text.line(row))
  }
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
