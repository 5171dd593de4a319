/**
 * Where the lake's files are: a directory, or a bucket. Keys are relative to its root, with `/` between their parts, and
 * never leave it (`LAKE_PATH_INVALID`). Every file is written once and never changed.
 *
 * Methods throw `LAKE_FILE_EXISTS`, `LAKE_FILE_NOT_FOUND`, and `LAKE_STORAGE_UNAVAILABLE` for what may pass (throttled,
 * unreachable, full): whether a put took effect is then not known, so names carry ids and are never used twice.
 */
export interface LakeStorage extends AsyncDisposable {
  /** Absolute URL of the root, without a slash at its end: what metadata files name. */
  readonly url: string
  /** Writes a whole file, durably: once this resolves it survives a crash of the machine. `ifAbsent`: one winner only. */
  put(key: string, body: Uint8Array | string, options?: PutOptions): Promise<StoredFile>
  /** The same for a local file, which is moved where that is possible. */
  putFile(key: string, localPath: string, options?: PutOptions): Promise<StoredFile>
  get(key: string): Promise<Uint8Array>
  /** `length` bytes from `offset`; fewer at the end. A negative offset counts from the end. */
  getRange(key: string, offset: number, length: number): Promise<Uint8Array>
  head(key: string): Promise<StoredFile | undefined>
  /** Files whose key begins with `prefix`, in the order of their keys. */
  list(prefix: string): AsyncIterable<StoredFile>
  /** What is not there is no error. */
  delete(keys: readonly string[]): Promise<void>
  /**
   * Paths at which this process can read the files, in their order, until they are given back: of a cache, for a bucket. Throws
   * `LAKE_CACHE_TOO_SMALL`.
   */
  lend(files: readonly NeededFile[]): Promise<LentFiles>
  /** Where other tools find the file, for as long as it is part of the lake: a path, or a URL. */
  addressOf(key: string): string
  /** A directory on this machine for files on their way to {@link putFile}; on the same file system where there is one. */
  readonly staging: string
}

export interface PutOptions {
  /** `LAKE_FILE_EXISTS` when there is one already: of many who race, exactly one wins. */
  readonly ifAbsent?: boolean
  /** False: nobody reads the file soon, so that a cache need not take it. Default true. */
  readonly readSoon?: boolean
}

export interface StoredFile {
  readonly key: string
  /** In bytes. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
}

/** A file to be read by its path. */
export interface NeededFile {
  readonly key: string
  /** As the table's metadata has it, in bytes. */
  readonly size: number
}

export interface LentFiles extends AsyncDisposable {
  readonly paths: readonly string[]
}
