import {
  type Bucket,
  type BucketBody,
  type BucketFailure,
  type BucketObject,
  type BucketPage,
  type BucketPut,
  type BucketRange,
  hashIdentity,
  type TryAgain,
} from '@sluice/core'
import { stat } from 'node:fs/promises'
import { inspect } from 'node:util'
import { gcsFailure } from './gcs-error.ts'
import { type GcsRequests, gcsRequests } from './gcs-requests.ts'
import { checkSettings, type GcsSettings } from './gcs-settings.ts'
import { putInPieces } from './put-in-pieces.ts'

/** A {@link GcsBucket} as it prints. */
export interface PrintedGcsBucket {
  readonly bucket: string
  readonly endpoint: string | null
}

/** An object as the JSON API tells it: 64-bit numbers are text. */
interface ObjectJson {
  readonly name: string
  readonly size: string
  readonly updated: string
  readonly metadata?: Readonly<Record<string, string>>
}

const writerField = 'sluice-writer'
/** Requests of one bulk that are under way together: the API deletes one object at a time. */
const deletesAtOnce = 16

/**
 * A bucket of Google Cloud Storage. Credentials are looked for by the first call.
 *
 * As a task's argument it counts as what it points to; credentials are never printed or hashed.
 *
 * @example
 * ```ts
 * const bucket = new GcsBucket({ bucket: 'trips' })
 * for (const { key } of (await bucket.list('2026/')).objects) console.log(key)
 * ```
 */
export class GcsBucket implements Bucket {
  /** `gs://name` */
  readonly url: string
  readonly #settings: GcsSettings
  readonly #ask: GcsRequests
  readonly #objects: string
  readonly #upload: string

  /** @throws SluiceError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(settings: GcsSettings) {
    this.#settings = { ...checkSettings(settings) }
    const { bucket } = settings
    this.url = `gs://${bucket}`
    this.#ask = gcsRequests(this.#settings)
    this.#objects = `/storage/v1/b/${bucket}/o`
    this.#upload = `/upload${this.#objects}`
  }

  async put(key: string, body: Uint8Array, options: BucketPut): Promise<void> {
    const boundary = `sluice-${options.writer}`
    const part = (type: string): string => `--${boundary}\r\ncontent-type: ${type}\r\n\r\n`
    const facts = JSON.stringify(factsOf(key, options))
    const whole = Buffer.concat([
      Buffer.from(`${part('application/json; charset=utf-8')}${facts}\r\n${part('application/octet-stream')}`),
      body,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ])
    const headers = { 'content-type': `multipart/related; boundary=${boundary}` }
    const query = { uploadType: 'multipart', ...conditionOf(options) }
    await drained(await this.#ask(this.#upload, { method: 'POST', query, headers, body: whole }))
  }

  async putFile(key: string, file: string, options: BucketPut & { readonly again: TryAgain }): Promise<void> {
    const { size } = await stat(file)
    const begin = async (): Promise<string> => {
      const headers = { 'content-type': 'application/json', 'x-upload-content-length': String(size) }
      const query = { uploadType: 'resumable', ...conditionOf(options) }
      const body = JSON.stringify(factsOf(key, options))
      const answer = await this.#ask(this.#upload, { method: 'POST', query, headers, body })
      await drained(answer)
      return answer.headers.get('location') ?? ''
    }
    const whole = (body: Uint8Array): Promise<void> => this.put(key, body, options)
    await putInPieces({ ask: this.#ask, file, size, begin, whole, again: options.again })
  }

  async head(key: string): Promise<BucketObject | undefined> {
    try {
      return objectOf((await (await this.#ask(this.#pathOf(key))).json()) as ObjectJson)
    } catch (error) {
      if (this.failureOf(error).kind === 'absent') return undefined
      throw error
    }
  }

  async get(key: string, range?: BucketRange): Promise<BucketBody> {
    const headers: Record<string, string> = range ? { range: `bytes=${range.first}-${range.last}` } : {}
    const answer = await this.#ask(this.#pathOf(key), { query: { alt: 'media' }, headers })
    return {
      size: Number(answer.headers.get('content-length')),
      md5: /(?:^|,)\s*md5=([^,]+)/.exec(answer.headers.get('x-goog-hash') ?? '')?.[1],
      chunks: answer.body ?? emptyBody(),
    }
  }

  async list(prefix: string, page?: string): Promise<BucketPage> {
    const query = { prefix, pageToken: page, fields: 'items(name,size,updated),nextPageToken' }
    const { items = [], nextPageToken: next } = (await (await this.#ask(this.#objects, { query })).json()) as {
      readonly items?: readonly ObjectJson[]
      readonly nextPageToken?: string
    }
    return { objects: items.map(objectOf), next }
  }

  async delete(keys: readonly string[]): Promise<void> {
    const left = [...keys]
    const work = async (): Promise<void> => {
      for (let key = left.pop(); key !== undefined; key = left.pop())
        await drained(await this.#ask(this.#pathOf(key), { method: 'DELETE', accept: [404] }))
    }
    const ended = await Promise.allSettled(Array.from({ length: deletesAtOnce }, work))
    for (const each of ended) if (each.status === 'rejected') throw each.reason
  }

  failureOf(error: unknown): BucketFailure {
    return gcsFailure(error, this.#settings.bucket)
  }

  /** Nothing stays open. */
  async [Symbol.asyncDispose](): Promise<void> {}

  toJSON(): PrintedGcsBucket {
    const { bucket, endpoint = null } = this.#settings
    return { bucket, endpoint }
  }

  toString(): string {
    return `GcsBucket(${this.url})`
  }

  #pathOf(key: string): string {
    return `${this.#objects}/${encodeURIComponent(key)}`
  }
}

const factsOf = (name: string, { writer }: BucketPut): object => ({ name, metadata: { [writerField]: writer } })

/** Generation 0: there is no such object. */
const conditionOf = ({ ifAbsent }: BucketPut): { readonly ifGenerationMatch?: string } =>
  ifAbsent ? { ifGenerationMatch: '0' } : {}

function objectOf({ name, size, updated, metadata }: ObjectJson): BucketObject {
  return { key: name, size: Number(size), modifiedAt: Date.parse(updated), writer: metadata?.[writerField] }
}

/** An answer whose body nobody reads keeps its connection. */
async function drained(answer: Response): Promise<void> {
  await answer.arrayBuffer()
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

// Not written as methods: declarations that are made file by file cannot name a symbol of another module.
Object.defineProperties(GcsBucket.prototype, {
  [hashIdentity]: {
    value(this: GcsBucket): string {
      const { bucket, endpoint } = this.toJSON()
      return `gs://${endpoint ?? ''}/${bucket}`
    },
  },
  [inspect.custom]: {
    value(this: GcsBucket): string {
      return `GcsBucket ${inspect({ ...this.toJSON() }, { breakLength: Number.POSITIVE_INFINITY })}`
    },
  },
})
