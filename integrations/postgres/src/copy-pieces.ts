import { SluiceError } from '@sluice/core'
import { copyLine } from './copy-text.ts'

/** A row of values, or a piece of text or bytes that is already in the format of the copy. */
export type CopyItem = readonly unknown[] | string | Uint8Array

export type CopySource = AsyncIterable<CopyItem> | Iterable<CopyItem>

export interface CopyPiece {
  readonly bytes: Buffer
  /** Rows in it, when they were given as rows. */
  readonly rows: number
}

/** Big enough that a piece's own cost does not show, small enough to stay flat: some tens of pieces would still be little. */
const pieceLength = 64 * 1024

/** Gathers rows into pieces of about 64 KiB; reads no further than the piece it gives. */
export async function* copyPieces(source: CopySource, columns: readonly string[]): AsyncGenerator<CopyPiece> {
  const gather = createGatherer(columns)
  if (Symbol.asyncIterator in source) {
    for await (const item of source) {
      const piece = gather.add(item)
      if (piece !== undefined) yield piece
    }
  } else {
    for (const item of source) {
      const piece = gather.add(item)
      if (piece !== undefined) yield piece
    }
  }
  const last = gather.flush()
  if (last !== undefined) yield last
}

interface Gatherer {
  add(item: CopyItem): CopyPiece | undefined
  flush(): CopyPiece | undefined
}

function createGatherer(columns: readonly string[]): Gatherer {
  let text = ''
  let rows = 0
  let rowNumber = 0
  const flush = (): CopyPiece | undefined => {
    if (text === '') return undefined
    const piece = { bytes: Buffer.from(text, 'utf8'), rows }
    text = ''
    rows = 0
    return piece
  }
  const add = (item: CopyItem): CopyPiece | undefined => {
    if (item instanceof Uint8Array) return withText(flush(), Buffer.from(item.buffer, item.byteOffset, item.byteLength))
    if (typeof item === 'string') text += item
    else if (Array.isArray(item)) {
      text += copyLine(item, columns, ++rowNumber)
      rows++
    } else throw notAnItem(item)
    return text.length >= pieceLength ? flush() : undefined
  }
  return { add, flush }
}

/** Bytes go as they are, after whatever text came before them. */
function withText(before: CopyPiece | undefined, bytes: Buffer): CopyPiece | undefined {
  if (before === undefined) return bytes.length === 0 ? undefined : { bytes, rows: 0 }
  return { bytes: Buffer.concat([before.bytes, bytes]), rows: before.rows }
}

function notAnItem(item: unknown): SluiceError {
  return new SluiceError('OPTION_INVALID', {
    option: 'source',
    problem: `gives ${item === null ? 'null' : `a ${typeof item}`}; it must give rows (arrays of values), strings or bytes`,
  })
}
