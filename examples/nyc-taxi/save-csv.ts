import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { openLocation } from './open-location.ts'

// Files of a few megabytes are there before anybody could read how far they are.
const progressStep = 5_000_000

export interface SaveOptions {
  /** Where it is written first. */
  readonly part?: string
  /** Told every five megabytes how many bytes were written, and the size when the server says it. */
  readonly onProgress?: (done: number, total?: number) => void
}

export interface SavedFile {
  readonly path: string
  readonly bytes: number
}

/** Fetches a location to a .csv.gz file. The file is there whole or not at all: it is written under another name first. */
export async function saveCsv(
  location: string,
  file: string,
  signal: AbortSignal,
  { part = `${file}.part`, onProgress }: SaveOptions = {},
): Promise<SavedFile> {
  const { bytes, gzip, size } = await openLocation(location, signal)
  await mkdir(path.dirname(file), { recursive: true })
  try {
    const counted = new PassThrough({ transform: (chunk: Buffer, _encoding, done) => done(null, count(chunk)) })
    let written = 0
    let told = 0
    const count = (chunk: Buffer): Buffer => {
      written += chunk.length
      if (written - told >= progressStep) onProgress?.((told = written), size)
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
