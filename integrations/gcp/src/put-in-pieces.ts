import type { TryAgain } from '@sluice/core'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { GcsRequests } from './gcs-requests.ts'

/** Up to here a file is one request; beyond it is sent in pieces of this size, which must be a multiple of 256 KiB. */
const pieceSize = 8 * 1024 * 1024

export interface FileToPut {
  readonly ask: GcsRequests
  readonly file: string
  readonly size: number
  /** Begins an upload in pieces; answers where they go. */
  readonly begin: () => Promise<string>
  readonly whole: (body: Uint8Array) => Promise<void>
  readonly again: TryAgain
}

/** Sends a file, of which one piece is in memory at a time. After a lost answer the store is asked how far it has come. */
export async function putInPieces({ ask, file, size, begin, whole, again }: FileToPut): Promise<void> {
  if (size <= pieceSize) return whole(await readFile(file))
  const upload = await again(begin)
  await using handle = await open(file)
  let sent = 0
  while (sent < size) {
    let attempts = 0
    sent = await again(async () => {
      const from = attempts++ === 0 ? sent : await cameTo(ask, upload, size)
      if (from === size) return size
      const body = await pieceOf(handle, from, Math.min(pieceSize, size - from))
      const headers = { 'content-range': `bytes ${from}-${from + body.length - 1}/${size}` }
      return progressOf(await ask(upload, { method: 'PUT', headers, body, accept: [308] }), size)
    })
  }
}

async function cameTo(ask: GcsRequests, upload: string, size: number): Promise<number> {
  const headers = { 'content-range': `bytes */${size}` }
  return progressOf(await ask(upload, { method: 'PUT', headers, accept: [308] }), size)
}

/** 308 means: more is to come, after the bytes that `Range` tells. */
async function progressOf(answer: Response, size: number): Promise<number> {
  await answer.arrayBuffer()
  if (answer.status !== 308) return size
  const last = /-(\d+)$/.exec(answer.headers.get('range') ?? '')?.[1]
  return last === undefined ? 0 : Number(last) + 1
}

async function pieceOf(handle: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const piece = new Uint8Array(length)
  for (let read = 0; read < length;) {
    const { bytesRead } = await handle.read(piece, read, length - read, from + read)
    if (bytesRead === 0) throw new Error('the file became shorter while it was sent')
    read += bytesRead
  }
  return piece
}
