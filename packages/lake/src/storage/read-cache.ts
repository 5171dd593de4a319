import { createHash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { SluiceError } from '@sluice/core'
import { platform, type Platform } from '../platform.ts'
import { bytesText } from './bytes-text.ts'
import { sync } from './durable-files.ts'
import type { LentFiles, NeededFile } from './lake-storage.ts'
import { isAbsent } from './storage-error.ts'
import { newPinDirectory, ownName, removeOfDead } from './pin-directory.ts'

export interface ReadCacheOptions {
  readonly directory: string
  /** In bytes. */
  readonly budget: number
  /** Downloads of one process at once. */
  readonly downloads?: number
  readonly platform?: Platform
}

/** Writes the whole of a file to a path where there is none yet, and checks that it is whole. */
export type Download = (key: string, target: string) => Promise<void>

/**
 * Files of a bucket on this machine, shared by its processes. Files of the lake never change, so one that is here is right.
 *
 * A file is lent as a second name (a hard link) in a directory of the borrower: dropping the first name takes nothing away from
 * whoever reads, and a file with two names is one that is read just now, by whatever process. What was used least lately is
 * dropped first. A file gets its name when it is whole.
 */
export class ReadCache implements AsyncDisposable {
  readonly directory: string
  readonly budget: number
  readonly #platform: Platform
  readonly #slots: Slots
  /** Of this process: two who need one file share one download. */
  readonly #underWay = new Map<string, Promise<void>>()
  /** Directories of what is lent. */
  readonly #lent = new Set<string>()
  /** Bytes that are here or on their way, as far as this process knows. */
  #used: number | undefined
  /** Of them, those on their way. */
  #coming = 0
  /** Room is made by one at a time. */
  #turn: Promise<unknown> = Promise.resolve()
  #swept: Promise<void> | undefined

  constructor(options: ReadCacheOptions) {
    this.directory = path.resolve(options.directory)
    this.budget = options.budget
    this.#platform = options.platform ?? platform
    this.#slots = new Slots(options.downloads ?? 8)
  }

  /**
   * Paths of the files, in their order, which stay readable until they are given back. Throws `LAKE_CACHE_TOO_SMALL` before
   * anything is downloaded.
   */
  async lend(files: readonly NeededFile[], download: Download): Promise<LentFiles> {
    const unique = [...new Map(files.map((file) => [file.key, file])).values()]
    this.#requireFits(unique)
    await (this.#swept ??= this.#sweep())
    const pins = await newPinDirectory(path.join(this.directory, 'pins'), this.#platform.newId())
    const paths = new Map(
      unique.map(({ key }, index) => [key, path.join(pins, `${index}-${path.posix.basename(key)}`)]),
    )
    this.#lent.add(pins)
    const giveBack = async (): Promise<void> => {
      this.#lent.delete(pins)
      await fs.rm(pins, { recursive: true, force: true })
    }
    try {
      const pathOf = ({ key }: NeededFile): string => paths.get(key) ?? ''
      const missing: NeededFile[] = []
      for (const file of unique) if (!(await this.#pin(file, pathOf(file)))) missing.push(file)
      const coming = missing.reduce((sum, { size }) => sum + size, 0)
      await this.#withRoom(coming, unique, () =>
        allOrFirstError(missing.map((file) => this.#fetch(file, pathOf(file), download))),
      )
      return { paths: files.map(pathOf), [Symbol.asyncDispose]: giveBack }
    } catch (error) {
      await giveBack()
      throw error
    }
  }

  /** The bytes of a small file, if it is here. */
  async read(key: string): Promise<Uint8Array | undefined> {
    const file = this.#fileOf(key)
    try {
      const bytes = await fs.readFile(file)
      await this.#touch(file)
      return bytes
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  /** Keeps bytes that were read or written, if there is room. A cache that cannot be written is no error of the lake. */
  async keep(key: string, bytes: Uint8Array): Promise<void> {
    await this.#tryToKeep(key, bytes.length, async (incoming) => {
      await fs.writeFile(incoming, bytes, { flag: 'wx' })
    })
  }

  /** Takes a local file that is in the bucket now; it is gone from its place afterwards, whether there was room or not. */
  async adopt(key: string, local: string, size: number): Promise<void> {
    await this.#tryToKeep(key, size, (incoming) => fs.rename(local, incoming))
    await fs.rm(local, { force: true })
  }

  /** Takes back what was lent: this process reads nothing any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const pins of this.#lent) await fs.rm(pins, { recursive: true, force: true })
    this.#lent.clear()
  }

  /** Drops what was deleted from the bucket. */
  async forget(key: string): Promise<void> {
    await fs.rm(this.#fileOf(key), { force: true })
  }

  /** What killed processes were reading, and what they were downloading. */
  async #sweep(): Promise<void> {
    for (const place of ['pins', 'incoming']) await removeOfDead(path.join(this.directory, place))
  }

  #requireFits(files: readonly NeededFile[]): void {
    const needed = files.reduce((sum, { size }) => sum + size, 0)
    if (needed > this.budget) throw this.#tooSmall(needed)
  }

  #tooSmall(needed: number, problem?: string): SluiceError {
    const details = { needed: bytesText(needed), budget: bytesText(this.budget), bytes: needed }
    return new SluiceError('LAKE_CACHE_TOO_SMALL', { ...details, ...(problem !== undefined && { problem }) })
  }

  #fileOf(key: string): string {
    const name = createHash('sha256').update(key).digest('hex')
    return path.join(this.directory, 'files', name.slice(0, 2), name.slice(2, 42))
  }

  /** Gives a file that is here a second name. One of another size is not whole: a machine crashed while it was written. */
  async #pin({ key, size }: NeededFile, pin: string): Promise<boolean> {
    const file = this.#fileOf(key)
    try {
      await fs.link(file, pin)
    } catch (error) {
      if (isAbsent(error)) return false
      throw error
    }
    if ((await fs.stat(pin)).size === size) {
      await this.#touch(file)
      return true
    }
    await fs.rm(pin)
    await fs.rm(file, { force: true })
    return false
  }

  async #touch(file: string): Promise<void> {
    const now = new Date(this.#platform.now())
    // It may have been dropped meanwhile, and some file systems know no times.
    await fs.utimes(file, now, now).catch(() => undefined)
  }

  async #fetch(file: NeededFile, pin: string, download: Download): Promise<void> {
    for (;;) {
      const known = this.#underWay.get(file.key)
      if (known === undefined) break
      await known.catch(() => undefined)
      if (await this.#pin(file, pin)) return
    }
    const fetching = this.#slots.use(() => this.#download(file, pin, download))
    this.#underWay.set(file.key, fetching)
    try {
      await fetching
    } finally {
      this.#underWay.delete(file.key)
    }
  }

  async #download({ key, size }: NeededFile, pin: string, download: Download): Promise<void> {
    const incoming = await this.#incoming()
    try {
      await download(key, incoming)
      const found = (await fs.stat(incoming)).size
      if (found !== size)
        throw new SluiceError('LAKE_METADATA_INVALID', {
          file: key,
          problem: `its file has ${found} bytes, where the table's metadata says ${size}`,
        })
      // The borrower's name comes first: the other one may be dropped at once.
      await fs.link(incoming, pin)
      await this.#name(incoming, key)
    } finally {
      await fs.rm(incoming, { force: true })
    }
  }

  async #tryToKeep(key: string, size: number, write: (incoming: string) => Promise<void>): Promise<void> {
    if (size > this.budget) return
    try {
      await this.#withRoom(size, [], async () => {
        const incoming = await this.#incoming()
        try {
          await write(incoming)
          await this.#name(incoming, key)
        } finally {
          await fs.rm(incoming, { force: true })
        }
      })
    } catch {
      // The file is in the bucket: it is read from there.
    }
  }

  async #incoming(): Promise<string> {
    const directory = path.join(this.directory, 'incoming')
    await fs.mkdir(directory, { recursive: true })
    return path.join(directory, ownName(this.#platform.newId()))
  }

  /** After a crash of the machine a file that has its name is whole. */
  async #name(incoming: string, key: string): Promise<void> {
    await this.#touch(incoming)
    await sync(incoming)
    const file = this.#fileOf(key)
    await fs.mkdir(path.dirname(file), { recursive: true })
    await fs.rename(incoming, file)
  }

  /** Takes so many bytes of the budget for `work`, and drops what was used least lately for them. */
  async #withRoom(bytes: number, lending: readonly NeededFile[], work: () => Promise<void>): Promise<void> {
    if (bytes === 0) return work()
    const turn = this.#turn.then(async () => {
      if (this.#used === undefined || this.#used + bytes > this.budget) this.#used = await this.#evict(bytes, lending)
      this.#used += bytes
      this.#coming += bytes
    })
    this.#turn = turn.catch(() => undefined)
    await turn
    try {
      await work()
    } finally {
      this.#coming -= bytes
    }
  }

  /** Bytes that are still here afterwards. Other processes fill the cache too: the directory says what there is. */
  async #evict(bytes: number, lending: readonly NeededFile[]): Promise<number> {
    const files = (await this.#files()).toSorted((one, other) => one.usedAt - other.usedAt)
    let left = files.reduce((sum, { size }) => sum + size, this.#coming)
    for (const { file, size, lent } of files) {
      if (left + bytes <= this.budget) return left
      if (lent) continue
      await fs.rm(file, { force: true })
      left -= size
    }
    if (left + bytes <= this.budget) return left
    const needed = lending.reduce((sum, { size }) => sum + size, 0)
    throw this.#tooSmall(needed, `other queries are reading ${bytesText(left)} of files`)
  }

  async #files(): Promise<readonly CachedFile[]> {
    const root = path.join(this.directory, 'files')
    const names = await fs.readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
      if (isAbsent(error)) return []
      throw error
    })
    const found = await Promise.all(
      names
        .filter((name) => name.isFile())
        .map(async (name) => {
          const file = path.join(name.parentPath, name.name)
          const stat = await fs.stat(file).catch(() => undefined)
          return stat && { file, size: stat.size, usedAt: stat.mtimeMs, lent: stat.nlink > 1 }
        }),
    )
    return found.filter((each) => each !== undefined)
  }
}

interface CachedFile {
  readonly file: string
  readonly size: number
  readonly usedAt: number
  /** It has a second name: somebody reads it. */
  readonly lent: boolean
}

/** All have ended before the first error is thrown: nothing goes on in a directory that is being removed. */
async function allOrFirstError(work: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(work)
  for (const each of ended) if (each.status === 'rejected') throw each.reason
}

/** So many at once, the others in the order in which they came. */
class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
