import type { GetObjectCommandOutput, HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import {
  type Bucket,
  type BucketBody,
  type BucketFailure,
  type BucketObject,
  type BucketPage,
  type BucketPut,
  type BucketRange,
  hashIdentity,
  SluiceError,
  type TryAgain,
} from '@sluice/core'
import { stat } from 'node:fs/promises'
import { inspect } from 'node:util'
import { openS3Client, type S3Sdk } from './open-s3-client.ts'
import { putInParts } from './put-in-parts.ts'
import { s3Failure } from './s3-failure.ts'
import { checkSettings, type S3Settings } from './s3-settings.ts'

/** An {@link S3Bucket} as it prints. */
export interface PrintedS3Bucket {
  readonly bucket: string
  readonly region: string | null
  readonly endpoint: string | null
  readonly accessKeyId: string | null
}

/** The name under which an object keeps who wrote it. */
export const writerField = 'sluice-writer'

/**
 * A bucket of Amazon S3, or of what speaks like it. The SDK is loaded and the credentials are looked for by the first call.
 *
 * As a task's argument it counts as what it points to; keys are never printed or hashed.
 *
 * @example
 * ```ts
 * const bucket = new S3Bucket({ bucket: 'trips', endpoint: 'https://s3.example.org', ...login })
 * for (const { key } of (await bucket.list('2026/')).objects) console.log(key)
 * ```
 */
export class S3Bucket implements Bucket {
  /** `s3://name` */
  readonly url: string
  readonly #settings: S3Settings
  #opened: Promise<{ readonly sdk: S3Sdk; readonly client: S3Client }> | undefined

  /** @throws SluiceError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(settings: S3Settings) {
    this.#settings = { ...checkSettings(settings) }
    this.url = `s3://${settings.bucket}`
  }

  async put(key: string, body: Uint8Array, { ifAbsent, writer }: BucketPut): Promise<void> {
    const { client, sdk, of } = await this.#open(key)
    const put = { ...of, Body: body, ContentLength: body.length, Metadata: { [writerField]: writer } }
    await client.send(new sdk.PutObjectCommand({ ...put, ...(ifAbsent && { IfNoneMatch: '*' }) }))
  }

  async putFile(key: string, file: string, options: BucketPut & { readonly again: TryAgain }): Promise<void> {
    const opened = await this.#open(key)
    await putInParts({ ...opened, file, size: (await stat(file)).size, ...options }, (body) =>
      this.put(key, body, options),
    )
  }

  async head(key: string): Promise<BucketObject | undefined> {
    const { client, sdk, of } = await this.#open(key)
    try {
      return objectOf(key, await client.send(new sdk.HeadObjectCommand(of)))
    } catch (error) {
      if (this.failureOf(error).kind === 'absent') return undefined
      throw error
    }
  }

  async get(key: string, range?: BucketRange): Promise<BucketBody> {
    const { client, sdk, of } = await this.#open(key)
    const Range = range && `bytes=${range.first}-${range.last}`
    const answer = await client.send(new sdk.GetObjectCommand({ ...of, ...(Range !== undefined && { Range }) }))
    if (answer.Body === undefined || answer.ContentLength === undefined) throw new Error('the answer has no body')
    return {
      size: answer.ContentLength,
      md5: this.#md5Of(answer),
      chunks: answer.Body as unknown as AsyncIterable<Uint8Array>,
    }
  }

  async list(prefix: string, page?: string): Promise<BucketPage> {
    const { client, sdk } = await this.#open('')
    const { bucket: Bucket } = this.#settings
    const ask = { Bucket, Prefix: prefix, ...(page !== undefined && { ContinuationToken: page }) }
    const answer = await client.send(new sdk.ListObjectsV2Command(ask))
    return {
      objects: (answer.Contents ?? []).map(({ Key = '', Size = 0, LastModified }) => ({
        key: Key,
        size: Size,
        modifiedAt: LastModified?.getTime() ?? 0,
      })),
      next: answer.IsTruncated === true ? answer.NextContinuationToken : undefined,
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    const { client, sdk } = await this.#open('')
    const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true }
    const { Errors: [first] = [] } = await client.send(
      new sdk.DeleteObjectsCommand({ Bucket: this.#settings.bucket, Delete }),
    )
    if (first === undefined) return
    const error = Object.assign(new Error(first.Message ?? 'not deleted'), { name: first.Code ?? 'Error' })
    throw Object.assign(error, { $metadata: { httpStatusCode: first.Code === 'AccessDenied' ? 403 : 503 } })
  }

  failureOf(error: unknown): BucketFailure {
    return s3Failure(error, this.#settings.bucket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    ;(await this.#opened)?.client.destroy()
    this.#opened = undefined
  }

  toJSON(): PrintedS3Bucket {
    const { bucket, region = null, endpoint = null, accessKeyId = null } = this.#settings
    return { bucket, region, endpoint, accessKeyId }
  }

  toString(): string {
    return `S3Bucket(${this.url})`
  }

  async #open(key: string): Promise<{
    readonly sdk: S3Sdk
    readonly client: S3Client
    readonly of: { readonly Bucket: string; readonly Key: string }
  }> {
    this.#opened ??= openS3Client(this.#settings).catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return { ...(await this.#opened), of: { Bucket: this.#settings.bucket, Key: key } }
  }

  /** Amazon's tag of an object that was sent in one piece and that no key of a customer encrypts is its MD5; elsewhere it may be anything. */
  #md5Of({
    ETag,
    ServerSideEncryption,
  }: Pick<GetObjectCommandOutput, 'ETag' | 'ServerSideEncryption'>): string | undefined {
    const hex = /^"?([0-9a-f]{32})"?$/.exec(ETag ?? '')?.[1]
    const plain = ServerSideEncryption === undefined || ServerSideEncryption === 'AES256'
    if (hex === undefined || !plain || this.#settings.endpoint !== undefined) return undefined
    return Buffer.from(hex, 'hex').toString('base64')
  }
}

function objectOf(key: string, { ContentLength, LastModified, Metadata }: HeadObjectCommandOutput): BucketObject {
  if (ContentLength === undefined)
    throw new SluiceError('LAKE_STORAGE_UNAVAILABLE', { key, reason: 'it has no length' })
  return { key, size: ContentLength, modifiedAt: LastModified?.getTime() ?? 0, writer: Metadata?.[writerField] }
}

// Not written as methods: declarations that are made file by file cannot name a symbol of another module.
Object.defineProperties(S3Bucket.prototype, {
  [hashIdentity]: {
    value(this: S3Bucket): string {
      const { bucket, endpoint } = this.toJSON()
      return `s3://${endpoint ?? ''}/${bucket}`
    },
  },
  [inspect.custom]: {
    value(this: S3Bucket): string {
      return `S3Bucket ${inspect({ ...this.toJSON() }, { breakLength: Number.POSITIVE_INFINITY })}`
    },
  },
})
