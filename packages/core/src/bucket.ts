/**
 * A bucket of an object store, as the lake uses it: what integrations fill in. Every call is one attempt: whoever calls tries
 * again, and asks {@link Bucket.failureOf} whether that is of use. Nothing is loaded or connected before the first call.
 */
export interface Bucket extends AsyncDisposable {
  /** `s3://name`: without a slash at its end, and without anything secret. */
  readonly url: string
  put(key: string, body: Uint8Array, options: BucketPut): Promise<void>
  /** A file of any size, of which only pieces are in memory at a time. Each piece is sent by `again`. */
  putFile(key: string, file: string, options: BucketPut & { readonly again: TryAgain }): Promise<void>
  /** Undefined for what is not there. */
  head(key: string): Promise<BucketObject | undefined>
  /** All of it, or the bytes from `first` to `last`, both included. */
  get(key: string, range?: BucketRange): Promise<BucketBody>
  /** A page of the objects whose key begins with `prefix`, in the order of their keys. `page` is the `next` of the one before. */
  list(prefix: string, page?: string): Promise<BucketPage>
  /** At most 1000. What is not there is no error. */
  delete(keys: readonly string[]): Promise<void>
  /** What an error that one of the others has thrown means. */
  failureOf(error: unknown): BucketFailure
}

export interface BucketPut {
  /** Only when there is no such object: of many who race, exactly one wins, the others fail with `exists`. */
  readonly ifAbsent: boolean
  /** Kept with the object: by it a writer whose answer was lost knows what it wrote itself. */
  readonly writer: string
}

export interface BucketRange {
  readonly first: number
  readonly last: number
}

export interface BucketObject {
  readonly key: string
  /** In bytes. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
  /** Of `head` only: see {@link BucketPut.writer}. */
  readonly writer?: string | undefined
}

export interface BucketBody {
  /** Of what is sent, in bytes: fewer that arrive are a body that was cut. */
  readonly size: number
  /** In base64, where the store tells it of the whole object. */
  readonly md5?: string | undefined
  readonly chunks: AsyncIterable<Uint8Array>
}

export interface BucketPage {
  readonly objects: readonly BucketObject[]
  readonly next?: string | undefined
}

/** Runs a call until it succeeds, or until no further attempt is of use. */
export type TryAgain = <T>(call: () => Promise<T>) => Promise<T>

/**
 * `exists` and `absent` are answers. `conflict`: somebody writes the same key just now. `busy`: the store throttles, or is
 * ill. `lost`: no answer came, nobody knows what was done. Those three pass; `denied` and `wrong` do not.
 */
export type BucketFailureKind = 'exists' | 'absent' | 'conflict' | 'busy' | 'lost' | 'denied' | 'wrong'

export interface BucketFailure {
  readonly kind: BucketFailureKind
  readonly reason: string
}
