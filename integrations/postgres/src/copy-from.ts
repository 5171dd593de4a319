import { SluiceError } from '@sluice/core'
import type { Client } from 'pg'
import { type CopyIn, startCopyIn } from './copy-in.ts'
import { type CopyItem, copyPieces, type CopySource } from './copy-pieces.ts'
import { type Identifier, identifier, tableName } from './sql.ts'

/** How far a copy has come: what the socket has taken. */
export interface CopyProgress {
  /** Rows sent. Zero for a source of text or bytes, whose rows only the server counts. */
  readonly rows: number
  readonly bytes: number
}

export interface CopyResult {
  /** As the server counted them. */
  readonly rows: number
  readonly bytes: number
}

export interface CopyOptions {
  /** `trips`, `public.trips`, or an `identifier(…)` for names that themselves hold a dot. */
  readonly table: string | Identifier
  readonly columns: readonly string[]
  /**
   * Rows (arrays of values in the order of `columns`), or text or bytes that are already in `format`. It is read no
   * faster than the server takes it.
   */
  readonly source: CopySource
  /** Of text and bytes. Rows are always sent as `text`. Default `text`. */
  readonly format?: 'text' | 'csv'
  /** For `format: 'csv'`. Defaults: no header line, a comma, an empty unquoted field is NULL. */
  readonly csv?: { readonly header?: boolean; readonly delimiter?: string; readonly null?: string }
  readonly signal?: AbortSignal
  /** Called after each piece of about 64 KiB. */
  readonly onProgress?: (progress: CopyProgress) => void
}

/** Copies on a connection that is the caller's alone. One statement: an error or an abort leaves the table as it was. */
export async function copyInto(client: Client, options: CopyOptions, location: string): Promise<CopyResult> {
  const copy = startCopyIn(client, copyStatement(options), location)
  // A server that waits for data does not look at cancel requests: the wait for the source is ended from here.
  const onAbort = (): void => copy.interrupt(options.signal?.reason)
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await copy.ready
    const bytes = await feed(copy, options)
    options.signal?.throwIfAborted()
    return { rows: await copy.finish(), bytes }
  } catch (error) {
    await copy.abandon(error instanceof Error ? error.message : String(error))
    throw error
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
  }
}

/** Sends the source piece by piece, each when the one before is on its way. Returns the bytes sent. */
export async function feed(copy: Pick<CopyIn, 'write' | 'alongside'>, options: CopyOptions): Promise<number> {
  const pieces = copyPieces(checkedSource(options), options.columns)
  let rows = 0
  let bytes = 0
  try {
    for (;;) {
      options.signal?.throwIfAborted()
      const coming = pieces.next()
      // A source may abort while it is asked: nothing waits yet that could be interrupted.
      if (options.signal?.aborted === true) coming.catch(() => {})
      options.signal?.throwIfAborted()
      const next = await copy.alongside(coming)
      if (next.done === true) return bytes
      await copy.write(next.value.bytes)
      rows += next.value.rows
      bytes += next.value.bytes.length
      options.onProgress?.({ rows, bytes })
    }
  } finally {
    // Not awaited: a source that never gives its next row would hold the error back.
    void pieces.return(undefined).catch(() => {})
  }
}

function copyStatement({ table, columns, format = 'text', csv = {} }: CopyOptions): string {
  if (columns.length === 0) throw invalid('columns', 'names no column')
  if (format !== 'text' && format !== 'csv') throw invalid('format', 'must be "text" or "csv"')
  const names = columns.map((column) => identifier(column).text).join(', ')
  const options = format === 'text' ? 'format text' : csvOptions(csv)
  return `copy ${tableName(table).text} (${names}) from stdin with (${options})`
}

function csvOptions({ header = false, delimiter = ',', null: nullText = '' }: NonNullable<CopyOptions['csv']>): string {
  return `format csv, header ${header}, delimiter ${literal(delimiter)}, null ${literal(nullText)}`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function checkedSource({ source, format }: CopyOptions): CopySource {
  if (typeof source !== 'object' || source === null)
    throw invalid('source', 'must be an iterable of rows, strings or bytes')
  return format === 'csv' ? refuseRows(source) : source
}

/** Rows are written in the text format, which a CSV copy would misread. */
async function* refuseRows(source: CopySource): AsyncGenerator<CopyItem> {
  for await (const item of source) {
    if (Array.isArray(item)) throw invalid('format', 'is for text and bytes; leave it out when the source gives rows')
    yield item
  }
}

function invalid(option: string, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option, of: 'copyFrom', problem })
}
