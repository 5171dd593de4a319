import { SluiceError } from '@sluice/core'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { Origin } from './origins.ts'

const chunkSize = 1 << 20

/** What gives bytes. */
export type UnreadOrigin = Extract<Origin, { readonly kind: 'path' | 'url' | 'stream' }>

export interface OpenedBytes {
  readonly bytes: AsyncIterable<Uint8Array>
  /** As the source itself says it. */
  readonly mediaType: string | undefined
}

/** The bytes of a file or a stream, as they are there. */
export function openFile(origin: Exclude<UnreadOrigin, { kind: 'url' }>, signal: AbortSignal): OpenedBytes {
  if (origin.kind === 'path') return { bytes: fileBytes(origin.path, signal), mediaType: undefined }
  return { bytes: Readable.fromWeb(origin.stream as never, { signal }), mediaType: undefined }
}

export function fileBytes(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: chunkSize, signal })
}

/** The bytes that an address answers with. Throws `LOAD_SOURCE_UNREADABLE`. */
export async function openUrl(
  origin: Extract<UnreadOrigin, { kind: 'url' }>,
  signal: AbortSignal,
): Promise<OpenedBytes> {
  try {
    const answer = await fetch(...requestOf(origin.url, signal))
    const mediaType = answer.headers.get('content-type')?.split(';', 1)[0]?.trim().slice(0, 200)
    if (answer.ok && answer.body !== null)
      return { bytes: Readable.fromWeb(answer.body as never, { signal }), mediaType }
    throw new SluiceError('LOAD_SOURCE_UNREADABLE', { source: origin.label, problem: `it answered ${answer.status}` })
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof SluiceError) throw cause
    throw new SluiceError(
      'LOAD_SOURCE_UNREADABLE',
      { source: origin.label, problem: 'it could not be reached' },
      { cause },
    )
  }
}

/** A login goes into a header: `fetch` takes none in its address, and tells the whole of it then. */
function requestOf(url: URL, signal: AbortSignal): readonly [URL, RequestInit] {
  if (url.username === '' && url.password === '') return [url, { signal }]
  const login = [url.username, url.password].map(decodeURIComponent).join(':')
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return [bare, { signal, headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` } }]
}

/** How bytes are packed, by their beginning. */
export function packingOf(head: Uint8Array): 'gzip' | 'zstd' | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  return head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd ? 'zstd' : undefined
}

/** Unpacks what is packed. An end that comes too early is an error, not the end. */
export function unpack(bytes: AsyncIterable<Uint8Array>, packing: 'gzip' | 'zstd'): AsyncIterable<Uint8Array> {
  const through = packing === 'gzip' ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize })
  // Whatever goes wrong is thrown where `through` is read.
  return pipeline(Readable.from(bytes, { objectMode: false }), through, () => undefined)
}

/** The first bytes of a stream, and all of it. */
export async function peek(
  bytes: AsyncIterable<Uint8Array>,
  length: number,
): Promise<{ readonly head: Buffer; readonly complete: boolean; readonly all: AsyncIterable<Uint8Array> }> {
  const iterator = bytes[Symbol.asyncIterator]()
  const taken: Uint8Array[] = []
  let size = 0
  let complete = false
  while (size < length && !complete) {
    const next = await iterator.next()
    if (next.done) complete = true
    else {
      taken.push(next.value)
      size += next.value.length
    }
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* taken
      if (complete) return
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  return { head: Buffer.concat(taken), complete, all: all() }
}
