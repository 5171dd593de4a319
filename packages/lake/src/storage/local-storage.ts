import { promises as fs } from 'node:fs'
import path from 'node:path'
import { SluiceError } from '@sluice/core'
import { platform } from '../platform.ts'
import { fileUrlOf } from './file-url.ts'
import { makeDirectory, sync, writeSynced } from './durable-files.ts'
import type { LakeStorage, LentFiles, NeededFile, PutOptions, StoredFile } from './lake-storage.ts'
import { fileAt, listFiles } from './list-files.ts'
import { isAbsent, storageError, systemCode } from './storage-error.ts'
import { requireKey, requirePrefix, stagingName } from './storage-key.ts'

/** How {@link openLocalStorage} opens. */
export interface LocalStorageOptions {
  /** Names of staged files. Default: random UUIDs. */
  readonly newId?: () => string
}

/**
 * A lake in a directory, which is made when it is missing. A file is written in `.staging`, put on the disk, and only then
 * given its name: whoever sees a file sees the whole of it, and what a crash leaves behind has no name.
 *
 * Throws `LAKE_STORAGE_DENIED`, `LAKE_STORAGE_UNAVAILABLE`. A directory that may only be read can be opened; writing fails then.
 */
export async function openLocalStorage(directory: string, options: LocalStorageOptions = {}): Promise<LakeStorage> {
  const root = path.resolve(directory)
  const storage = new LocalStorage(root, options.newId ?? platform.newId)
  await fs.mkdir(storage.staging, { recursive: true }).catch(async (error: unknown) => {
    if (!(await isDirectory(root))) throw storageError(error, root, '')
  })
  return storage
}

/** On another file system, or somebody else's: such a file is copied. */
const cannotBeMoved = new Set(['EXDEV', 'EPERM'])

class LocalStorage implements LakeStorage {
  readonly url: string
  readonly staging: string
  readonly #root: string
  readonly #newId: () => string

  constructor(root: string, newId: () => string) {
    this.#root = root
    this.#newId = newId
    this.staging = path.join(root, stagingName)
    this.url = fileUrlOf(root)
  }

  put(key: string, body: Uint8Array | string, options?: PutOptions): Promise<StoredFile> {
    return this.#told(key, async () => {
      const staged = await this.#stagedName()
      try {
        await writeSynced(staged, body)
        return await this.#name(staged, key, options)
      } finally {
        await fs.rm(staged, { force: true }).catch(() => undefined)
      }
    })
  }

  putFile(key: string, localPath: string, options?: PutOptions): Promise<StoredFile> {
    return this.#told(key, async () => {
      try {
        await sync(localPath)
        const named = await this.#name(localPath, key, options)
        if (options?.ifAbsent === true) await fs.rm(localPath, { force: true })
        return named
      } catch (error) {
        if (cannotBeMoved.has(systemCode(error))) return this.#copy(localPath, key, options)
        if (!isAbsent(error)) throw error
        throw new SluiceError('LAKE_FILE_NOT_FOUND', { key: localPath }, { cause: error })
      }
    })
  }

  get(key: string): Promise<Uint8Array> {
    return this.#told(key, () => fs.readFile(this.#path(key)))
  }

  getRange(key: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#told(key, async () => {
      const handle = await fs.open(this.#path(key), 'r')
      try {
        const { size } = await handle.stat()
        const begin = offset < 0 ? Math.max(size + offset, 0) : Math.min(offset, size)
        const bytes = new Uint8Array(Math.min(length, size - begin))
        for (let read = 0; read < bytes.length;) {
          const { bytesRead } = await handle.read(bytes, read, bytes.length - read, begin + read)
          if (bytesRead === 0) return bytes.subarray(0, read)
          read += bytesRead
        }
        return bytes
      } finally {
        await handle.close()
      }
    })
  }

  head(key: string): Promise<StoredFile | undefined> {
    return this.#told(key, () => fileAt(this.#root, requireKey(key)))
  }

  async *list(prefix: string): AsyncGenerator<StoredFile> {
    try {
      yield* listFiles(this.#root, requirePrefix(prefix))
    } catch (error) {
      throw storageError(error, this.#root, prefix)
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#told(key, () => fs.rm(this.#path(key), { force: true }))
  }

  async lend(files: readonly NeededFile[]): Promise<LentFiles> {
    return { paths: files.map(({ key }) => this.#path(key)), async [Symbol.asyncDispose]() {} }
  }

  addressOf(key: string): string {
    return this.#path(key)
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #path(key: string): string {
    return path.join(this.#root, requireKey(key))
  }

  async #stagedName(): Promise<string> {
    await makeDirectory(this.staging)
    return path.join(this.staging, this.#newId())
  }

  /** Gives a file that is on the disk its name in the lake, and puts the name on the disk. */
  async #name(file: string, key: string, options: PutOptions | undefined): Promise<StoredFile> {
    const target = this.#path(key)
    const directory = path.dirname(target)
    await makeDirectory(directory)
    // A second name never replaces a file that is there, which makes it the one way to win a race.
    await (options?.ifAbsent === true ? fs.link(file, target) : fs.rename(file, target))
    await sync(directory)
    const { size, mtimeMs } = await fs.stat(target)
    return { key, size, modifiedAt: mtimeMs }
  }

  async #copy(localPath: string, key: string, options: PutOptions | undefined): Promise<StoredFile> {
    const staged = await this.#stagedName()
    try {
      await fs.copyFile(localPath, staged)
      await sync(staged)
      const named = await this.#name(staged, key, options)
      await fs.rm(localPath, { force: true })
      return named
    } finally {
      await fs.rm(staged, { force: true }).catch(() => undefined)
    }
  }

  async #told<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      requireKey(key)
      return await work()
    } catch (error) {
      throw storageError(error, this.#root, key)
    }
  }
}

async function isDirectory(directory: string): Promise<boolean> {
  return fs.stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
