import { contentHash, SluiceError } from '@sluice/core'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'

/** Keeps large results by content hash: written once, never changed, shared by equal results. */
export interface ResultStorage {
  put(ref: string, bytes: Buffer): Promise<void>
  /** Throws `RESULT_MISSING` or `RESULT_CORRUPT`. */
  get(ref: string): Promise<Buffer>
  delete(ref: string): Promise<void>
}

/** One file per result in a directory. A file has its final name only when it is whole. */
export function directoryStorage(dir: string, options: { readonly sync: boolean; readonly newId: () => string }): ResultStorage {
  const fileOf = (ref: string): string => path.join(dir, ref.slice(0, 2), ref)
  return {
    async put(ref, bytes) {
      const file = fileOf(ref)
      if (await holds(file, bytes.length)) return
      const partial = `${file}.${options.newId()}.partial`
      await mkdir(path.dirname(file), { recursive: true })
      try {
        const handle = await open(partial, 'wx', 0o600)
        try {
          await handle.writeFile(bytes)
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
      if (contentHash(bytes) !== ref) throw new SluiceError('RESULT_CORRUPT', { ref, file })
      return bytes
    },
    async delete(ref) {
      await rm(fileOf(ref), { force: true })
    },
  }
}

async function holds(file: string, size: number): Promise<boolean> {
  return stat(file).then(
    (found) => found.size === size,
    () => false,
  )
}
