import { SluiceError } from '@sluice/core'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import type { FileContent } from './fileset.ts'

/** Bytes on their way into a fileset, in a file of the staging directory. */
export interface StagedContent extends AsyncDisposable {
  readonly file: string
  readonly size: number
  readonly sha256: string
  /** The first bytes, by which their kind is told. */
  readonly head: Uint8Array
}

const headSize = 512

/** Reads the content once, hashing on the way. Throws `LOAD_SOURCE_NOT_FOUND`, `LOAD_SOURCE_INVALID`. */
export async function stageContent(
  content: FileContent,
  staging: string,
  signal: AbortSignal | undefined,
): Promise<StagedContent> {
  await mkdir(staging, { recursive: true })
  const directory = await mkdtemp(path.join(staging, 'file-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    const file = path.join(directory, 'content')
    const hash = createHash('sha256')
    let size = 0
    let head: Uint8Array = new Uint8Array()
    const seen = async function* (chunks: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        if (!(chunk instanceof Uint8Array)) throw notBytes()
        hash.update(chunk)
        size += chunk.length
        if (head.length < headSize) head = Buffer.concat([head, chunk]).subarray(0, headSize)
        yield chunk
      }
    }
    await pipeline(chunksOf(content), seen, createWriteStream(file), signal ? { signal } : {})
    return { file, size, sha256: hash.digest('hex'), head, [Symbol.asyncDispose]: remove }
  } catch (cause) {
    await remove()
    throw readable(cause, content)
  }
}

function chunksOf(content: FileContent): AsyncIterable<unknown> {
  if (typeof content === 'string') return createReadStream(content)
  if (content instanceof URL) {
    if (content.protocol !== 'file:')
      throw new SluiceError('LOAD_SOURCE_INVALID', {
        problem: 'of URLs only those of files are taken; fetch the others',
      })
    return createReadStream(fileURLToPath(content))
  }
  if (content instanceof Uint8Array) return one(content)
  if (typeof content === 'object' && content !== null && Symbol.asyncIterator in content) return content
  throw notBytes()
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

const notBytes = (): SluiceError =>
  new SluiceError('LOAD_SOURCE_INVALID', {
    problem: 'a file is given as bytes, the path of a file, or a stream of bytes',
  })

function readable(cause: unknown, content: FileContent): unknown {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  const source = typeof content === 'string' || content instanceof URL ? String(content) : 'the stream'
  if (code === 'ENOENT') return new SluiceError('LOAD_SOURCE_NOT_FOUND', { source }, { cause })
  if (code === 'EISDIR' || code === 'EACCES')
    return new SluiceError('LOAD_SOURCE_UNREADABLE', { source, problem: code }, { cause })
  return cause
}
