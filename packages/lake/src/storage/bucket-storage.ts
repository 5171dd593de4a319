import { createHash } from 'node:crypto'
import { createWriteStream, promises as fs } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Bucket, type BucketBody, type BucketRange, isSluiceError, SluiceError, type TryAgain } from '@sluice/core'
import { platform, type Platform } from '../platform.ts'
import type { LakeStorage, LentFiles, NeededFile, PutOptions, StoredFile } from './lake-storage.ts'
import { ReadCache } from './read-cache.ts'
import { isAbsent } from './storage-error.ts'
import { requireKey, requirePrefix } from './storage-key.ts'
import { bucketError, type BucketRight, tryAgainAt } from './try-bucket.ts'

/** How {@link openBucketStorage} opens. */
export interface BucketStorageOptions {
  /** The lake's place in the bucket: `prod/lake`. Empty: all of it. */
  readonly prefix: string
  /** A directory of this machine, for the cache and for files on their way. */
  readonly directory: string
  /** Bytes that the cache may have. */
  readonly budget: number
  readonly platform?: Platform
}

/**
 * A lake in a bucket. What may pass is tried again; an answer that was lost is asked for: whoever creates a file knows afterwards
 * whether the file that is there is its own. What is read by path, and the metadata of tables, comes from a cache.
 */
export async function openBucketStorage(bucket: Bucket, options: BucketStorageOptions): Promise<LakeStorage> {
  const storage = new BucketStorage(bucket, options)
  await fs.mkdir(storage.staging, { recursive: true })
  return storage
}

/** Keys are deleted together in bulks of so many: more are no request. */
const bulk = 1000

/** What is written once, under a name that nobody else takes, and read again and again. */
const isMetadata = (key: string): boolean => key.endsWith('.avro') || key.endsWith('.metadata.json')

class BucketStorage implements LakeStorage {
  readonly url: string
  readonly staging: string
  readonly #bucket: Bucket
  readonly #prefix: string
  readonly #cache: ReadCache
  readonly #platform: Platform
  readonly #again: TryAgain

  constructor(bucket: Bucket, options: BucketStorageOptions) {
    this.#bucket = bucket
    this.#prefix = options.prefix === '' ? '' : `${requireKey(options.prefix)}/`
    this.url = `${bucket.url}/${this.#prefix}`.replace(/\/$/, '')
    this.staging = path.resolve(options.directory, 'staging')
    this.#platform = options.platform ?? platform
    this.#cache = new ReadCache({ ...options, platform: this.#platform })
    this.#again = tryAgainAt(bucket, this.#platform)
  }

  async put(key: string, body: Uint8Array | string, options?: PutOptions): Promise<StoredFile> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    await this.#create(key, options, (ifAbsent, writer) =>
      this.#again(() => this.#bucket.put(this.#full(key), bytes, { ifAbsent, writer })),
    )
    if (isMetadata(key)) await this.#cache.keep(this.#cacheKey(key), bytes)
    return { key, size: bytes.length, modifiedAt: this.#platform.now() }
  }

  async putFile(key: string, localPath: string, options?: PutOptions): Promise<StoredFile> {
    const full = this.#full(key)
    const { size } = await fs.stat(localPath).catch((error: unknown) => {
      throw isAbsent(error) ? new SluiceError('LAKE_FILE_NOT_FOUND', { key: localPath }, { cause: error }) : error
    })
    await this.#create(key, options, (ifAbsent, writer) =>
      this.#again(() => this.#bucket.putFile(full, localPath, { ifAbsent, writer, again: this.#again })),
    )
    if (options?.readSoon === false) await fs.rm(localPath, { force: true })
    else await this.#cache.adopt(this.#cacheKey(key), localPath, size)
    return { key, size, modifiedAt: this.#platform.now() }
  }

  async get(key: string): Promise<Uint8Array> {
    const full = this.#full(key)
    const cached = isMetadata(key) ? await this.#cache.read(this.#cacheKey(key)).catch(() => undefined) : undefined
    if (cached !== undefined) return cached
    const bytes = await this.#told('read objects', key, () => this.#bytes(full))
    if (isMetadata(key)) await this.#cache.keep(this.#cacheKey(key), bytes)
    return bytes
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array> {
    const full = this.#full(key)
    return this.#told('read objects', key, async () => {
      const head = await this.#again(() => this.#bucket.head(full))
      if (head === undefined) throw new SluiceError('LAKE_FILE_NOT_FOUND', { key, location: this.url })
      const first = offset < 0 ? Math.max(head.size + offset, 0) : offset
      const last = Math.min(first + length, head.size) - 1
      return last < first ? new Uint8Array() : await this.#bytes(full, { first, last })
    })
  }

  async head(key: string): Promise<StoredFile | undefined> {
    const full = this.#full(key)
    return this.#told('read objects', key, async () => {
      const found = await this.#again(() => this.#bucket.head(full))
      return found && { key, size: found.size, modifiedAt: found.modifiedAt }
    })
  }

  async *list(prefix: string): AsyncGenerator<StoredFile> {
    const full = this.#prefix + requirePrefix(prefix)
    for (let page: string | undefined; ;) {
      const found = await this.#told('list objects', prefix, () => this.#again(() => this.#bucket.list(full, page)))
      for (const { key, size, modifiedAt } of found.objects)
        yield { key: key.slice(this.#prefix.length), size, modifiedAt }
      if (found.next === undefined) return
      page = found.next
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    const all = keys.map((key) => this.#full(key))
    for (let from = 0; from < all.length; from += bulk) {
      const some = all.slice(from, from + bulk)
      await this.#told('delete objects', keys[from] ?? '', () => this.#again(() => this.#bucket.delete(some)))
    }
    for (const key of keys) await this.#cache.forget(this.#cacheKey(key))
  }

  async lend(files: readonly NeededFile[]): Promise<LentFiles> {
    const keys = new Map(files.map(({ key }) => [this.#cacheKey(requireKey(key)), key]))
    return this.#cache.lend(
      files.map(({ key, size }) => ({ key: this.#cacheKey(key), size })),
      (cacheKey, target) => this.#download(keys.get(cacheKey) ?? '', target),
    )
  }

  addressOf(key: string): string {
    return `${this.url}/${requireKey(key)}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cache[Symbol.asyncDispose]()
    await this.#bucket[Symbol.asyncDispose]()
  }

  #full(key: string): string {
    return this.#prefix + requireKey(key)
  }

  /** The cache is shared by the lakes of a machine. */
  #cacheKey(key: string): string {
    return `${this.url}/${key}`
  }

  /**
   * A conditional put that says the file is there may be ours: an earlier attempt whose answer was lost. What is there says who
   * wrote it.
   */
  async #create(
    key: string,
    options: PutOptions | undefined,
    put: (ifAbsent: boolean, writer: string) => Promise<void>,
  ): Promise<void> {
    const ifAbsent = options?.ifAbsent === true
    const writer = this.#platform.newId()
    await this.#told('write objects', key, async () => {
      try {
        await put(ifAbsent, writer)
      } catch (error) {
        if (!(await this.#isOurs(key, error, writer))) throw error
      }
    })
  }

  async #isOurs(key: string, error: unknown, writer: string): Promise<boolean> {
    if (isSluiceError(error) || !['exists', 'conflict', 'lost', 'busy'].includes(this.#bucket.failureOf(error).kind))
      return false
    const found = await this.#again(() => this.#bucket.head(this.#full(key))).catch(() => undefined)
    return found?.writer === writer
  }

  /** A body that ends too early is asked for again, as is one that is not what the store says it is. */
  #bytes(full: string, range?: BucketRange): Promise<Uint8Array> {
    return this.#again(async () => {
      const body = await this.#bucket.get(full, range)
      const chunks: Uint8Array[] = []
      for await (const chunk of checked(body, range === undefined)) chunks.push(chunk)
      return Buffer.concat(chunks)
    })
  }

  #download(key: string, target: string): Promise<void> {
    return this.#told('read objects', key, () =>
      this.#again(async () => {
        const body = await this.#bucket.get(this.#full(key))
        await pipeline(Readable.from(checked(body, true), { objectMode: false }), createWriteStream(target))
      }),
    )
  }

  async #told<T>(right: BucketRight, key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw bucketError(this.#bucket, error, right, key)
    }
  }
}

/** A body that is not whole, or not what was stored. Buckets take an error that they do not know for a lost answer. */
class BodyBroken extends Error {}

async function* checked({ chunks, size, md5 }: BucketBody, whole: boolean): AsyncGenerator<Uint8Array> {
  const hash = whole && md5 !== undefined ? createHash('md5') : undefined
  let read = 0
  for await (const chunk of chunks) {
    read += chunk.length
    hash?.update(chunk)
    yield chunk
  }
  if (read !== size) throw new BodyBroken(`the answer ended after ${read} of ${size} bytes`)
  if (hash && hash.digest('base64') !== md5) throw new BodyBroken('the answer is not what was stored')
}
