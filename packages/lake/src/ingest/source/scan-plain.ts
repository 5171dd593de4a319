import { isUtf8 } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import { createPlainScan, type PlainForm, type PlainScan } from '../csv/plain-csv.ts'

/** No record may be longer; more would not be faster. */
const bufferBytes = 1 << 20

/**
 * How many records a file has, if all of it is plain (see `createPlainScan`) and valid UTF-8; undefined at the first byte that is not. It goes through one
 * buffer: a file costs no more memory than that, however long it is.
 */
export async function scanPlain(path: string, form: PlainForm, signal: AbortSignal): Promise<number | undefined> {
  await using file = await open(path)
  const scan = createPlainScan(form)
  // Room for the line end that a last record may lack.
  const buffer = Buffer.allocUnsafeSlow(bufferBytes + form.lineEnd.length)
  let kept = 0
  for (;;) {
    signal.throwIfAborted()
    const filled = await fill(file, buffer, kept)
    const isLast = filled < bufferBytes
    const end = isLast ? closed(buffer, filled, form) : buffer.lastIndexOf(lineFeed, filled - 1) + 1
    const taken = take(scan, buffer, end)
    if (taken === undefined) return undefined
    if (isLast) return taken === end ? scan.records : undefined
    // Nothing of a full buffer was a whole record.
    if (taken === 0) return undefined
    buffer.copyWithin(0, taken, filled)
    kept = filled - taken
  }
}

const lineFeed = 10

async function fill(file: FileHandle, buffer: Buffer, kept: number): Promise<number> {
  let filled = kept
  while (filled < bufferBytes) {
    const { bytesRead } = await file.read(buffer, filled, bufferBytes - filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/** The end of a file ends its last record. */
function closed(buffer: Buffer, filled: number, { lineEnd }: PlainForm): number {
  if (filled === 0 || buffer[filled - 1] === lineFeed) return filled
  return filled + buffer.write(lineEnd, filled, 'latin1')
}

function take(scan: PlainScan, buffer: Buffer, end: number): number | undefined {
  const taken = scan.take(buffer, end)
  return taken !== undefined && isUtf8(buffer.subarray(0, taken)) ? taken : undefined
}
