import { SluiceError } from '@sluice/core'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A file that came over HTTP. Its disposal deletes it. */
export interface ReceivedFile extends AsyncDisposable {
  /** Holds it alone, under its own name. */
  readonly directory: string
}

/**
 * Writes a body as it comes into a directory below `staging`: it may be larger than the memory. Throws `BODY_TOO_LARGE`,
 * `REQUEST_INVALID`, `STORE_FULL`; a connection that breaks leaves nothing.
 */
export async function receiveFile(body: Readable, staging: string, name: string, most: number): Promise<ReceivedFile> {
  await mkdir(staging, { recursive: true })
  const directory = await mkdtemp(path.join(staging, 'upload-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    await pipeline(body, (bytes) => bounded(bytes, most), createWriteStream(path.join(directory, name)))
  } catch (error) {
    await remove()
    throw told(error)
  }
  return { directory, [Symbol.asyncDispose]: remove }
}

function told(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET')
    return new SluiceError('REQUEST_INVALID', { problem: 'the body ended before it was whole' }, { cause: error })
  if (code === 'ENOSPC') return new SluiceError('STORE_FULL', { location: 'staging' }, { cause: error })
  return error
}

async function* bounded(bytes: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  let taken = 0
  for await (const chunk of bytes) {
    taken += chunk.length
    if (taken > most) throw new SluiceError('BODY_TOO_LARGE', { limit: most })
    yield chunk
  }
}
