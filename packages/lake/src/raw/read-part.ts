import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { LakeStorage } from '../storage/lake-storage.ts'
import type { RawPart } from './raw-part.ts'

const pieceBytes = 8 << 20

/** The bytes of a copy, as they came. Throws `LAKE_FILE_NOT_FOUND`. */
export async function* partBytes(
  storage: LakeStorage,
  { key, size }: { readonly key: string; readonly size: number },
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += pieceBytes) yield await storage.getRange(key, at, Math.min(pieceBytes, size - at))
}

/**
 * A path at which the copy can be read: where it is in a lake that is a directory, else `target`, where it is put. Undefined: it is not there, or is not
 * what was kept.
 */
export async function fetchPart(storage: LakeStorage, part: RawPart, target: string): Promise<string | undefined> {
  const { key, size, sha256 } = part
  if (key === undefined || (await storage.head(key))?.size !== size) return undefined
  const hash = createHash('sha256')
  if (storage.url.startsWith('file:')) {
    const place = storage.addressOf(key)
    for await (const chunk of createReadStream(place, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array)
    return hash.digest('hex') === sha256 ? place : undefined
  }
  const file = await open(target, 'w', 0o600)
  try {
    for await (const chunk of partBytes(storage, { key, size })) {
      hash.update(chunk)
      await file.appendFile(chunk)
    }
  } finally {
    await file.close()
  }
  return hash.digest('hex') === sha256 ? target : undefined
}
