import { contentHash, SluiceError } from '@sluice/core'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'

/** Keeps large results by content hash: written once, never changed, shared by equal results. */
export interface ResultStorage {
  put(ref: string, bytes: Buffer): Promise<void>
  /** Throws `RESULT_MISSING` or `RESULT_CORRUPT`. */
  get(ref: string): Promise<Buffer>
  /** Deletes a result that no row mentions, unless somebody has put the same bytes lately and is about to mention them. */
  discard(ref: string): Promise<void>
}

/** One file per result in a directory. A file has its final name only when it is whole. */
export function directoryStorage(
  dir: string,
  options: { readonly sync: boolean; readonly newId: () => string; readonly now: () => number },
): ResultStorage {
  const fileOf = (ref: string): string => path.join(dir, ref.slice(0, 2), ref)
  return {
    async put(ref, bytes) {
      const file = fileOf(ref)
      const now = new Date(options.now() / 1000)
      if (await touched(file, bytes.length, now)) return
      const partial = `${file}.${options.newId()}.partial`
      await mkdir(path.dirname(file), { recursive: true })
      try {
        const handle = await open(partial, 'wx', 0o600)
        try {
          await handle.writeFile(bytes)
          await handle.utimes(now, now)
          if (options.sync) await handle.sync()
        } finally {
          await handle.close()
        }
        await rename(partial, file)
      } catch (cause) {
        await rm(partial, { force: true })
        throw cause
      }
    },
    async get(ref) {
      const file = fileOf(ref)
      const bytes = await readFile(file).catch((cause: unknown) => {
        throw new SluiceError('RESULT_MISSING', { ref, file }, { cause })
      })
      if (contentHash(bytes) === ref) return bytes
      // Out of the way, so that whoever makes the result again also writes it again.
      await rename(file, `${file}.corrupt`).catch(() => undefined)
      throw new SluiceError('RESULT_CORRUPT', { ref, file: `${file}.corrupt` })
    },
    async discard(ref) {
      const file = fileOf(ref)
      const aside = `${file}.${options.newId()}.discarded`
      // Out of the way first: whoever puts these bytes from now on writes them anew, whoever did before has touched the file.
      if (!(await moved(file, aside))) return
      const { mtimeMs } = await stat(aside)
      if (options.now() / 1000 - mtimeMs > inUseMs) await rm(aside, { force: true })
      else await rename(aside, file)
    },
  }
}

/** A result whose file is younger than this may belong to a row that is not committed yet. */
const inUseMs = 3_600_000

/** True when the whole result is there; its file then counts as used just now. */
async function touched(file: string, size: number, now: Date): Promise<boolean> {
  try {
    if ((await stat(file)).size !== size) return false
    const handle = await open(file, 'r+')
    try {
      await handle.utimes(now, now)
    } finally {
      await handle.close()
    }
    return true
  } catch {
    return false
  }
}

async function moved(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  )
}
