import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { openLocation } from './open-location.ts'

const progressStep = 1_000_000

export interface SavedFile {
  readonly path: string
  readonly bytes: number
}

/**
 * Fetches a location to a .csv.gz file. The file is there whole or not at all: it is written under another name first.
 *
 * @param onProgress told once per megabyte how many bytes were written, and the size when the server says it
 */
export async function saveCsv(
  location: string,
  file: string,
  signal: AbortSignal,
  onProgress: (done: number, total?: number) => void = () => {},
): Promise<SavedFile> {
  const { bytes, gzip, size } = await openLocation(location, signal)
  await mkdir(path.dirname(file), { recursive: true })
  const part = `${file}.${process.pid}.part`
  try {
    const counted = new PassThrough({ transform: (chunk: Buffer, _encoding, done) => done(null, count(chunk)) })
    let written = 0
    let told = 0
    const count = (chunk: Buffer): Buffer => {
      written += chunk.length
      if (written - told >= progressStep) onProgress((told = written), size)
      return chunk
    }
    const packed = gzip ? new PassThrough() : createGzip({ level: 1 })
    await pipeline(bytes, packed, counted, createWriteStream(part), { signal })
    await rename(part, file)
  } finally {
    await rm(part, { force: true })
  }
  const { size: stored } = await stat(file)
  return { path: file, bytes: stored }
}
