import { attemptContext, cacheVersion, type CacheVersioned } from '@sluice/engine'
import { requireWritable } from '../table/quarantine-table.ts'
import { requireOptions } from '../table/require-options.ts'
import { loadIdOf } from '../table/load-identity.ts'

/** Any bytes under names, in versions. */
export interface Fileset extends CacheVersioned {
  /** `namespace.fileset`; it is a table of this name, too: what it holds can be asked by `lake.sql`. */
  readonly name: string
  /**
   * Puts bytes under a name, as a new version of it; older ones stay. The bytes are durable before the name stands for them. Equal bytes are
   * kept once. Throws `LAKE_PATH_INVALID` for a name that is none.
   */
  put(name: string, content: FileContent, options?: PutFileOptions): Promise<FileFacts>
  /** Throws `LAKE_FILE_NOT_FOUND`. */
  get(name: string, options?: { readonly version?: string }): Promise<FoundFile>
  /** What there is now, by name. */
  list(options?: ListFilesOptions): Promise<readonly FileFacts[]>
  /** All versions of a name, newest first; one that was removed is among them. */
  versions(name: string): Promise<readonly FileVersion[]>
  /** The name stands for nothing any more; its versions stay. False: it stood for nothing. */
  remove(name: string): Promise<boolean>
}

/** Bytes, the path of a file, or a stream. */
export type FileContent = Uint8Array | string | URL | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

export interface FilesetOptions {
  readonly owner?: string
  readonly description?: string
  readonly tags?: readonly string[]
}

export interface PutFileOptions {
  /** Default: by the name's extension, else by the first bytes. */
  readonly mediaType?: string
  /** What else is known of it: searched for, too. */
  readonly metadata?: Readonly<Record<string, string>>
}

export interface ListFilesOptions {
  /** The beginning of names. */
  readonly prefix?: string
  /** As of `table.rows()`: `{ media_type: 'application/pdf', size: { gt: 1000 } }`. */
  readonly where?: Readonly<Record<string, unknown>>
}

export interface FileFacts {
  readonly name: string
  readonly version: string
  readonly mediaType: string
  /** In bytes. */
  readonly size: number
  /** In hex. */
  readonly sha256: string
  readonly metadata: Readonly<Record<string, string>>
  readonly putAt: Date
}

export interface FileVersion extends FileFacts {
  /** From here on the name stood for nothing. */
  readonly removed: boolean
}

export interface FoundFile extends FileFacts {
  /** Read from the storage as it is asked for. */
  stream(): ReadableStream<Uint8Array>
  /** All of it: for what fits into memory. */
  bytes(): Promise<Uint8Array>
}

/**
 * A place for files of any kind: contracts, pictures, models. Nothing is opened or made before it is used; the first file makes it.
 *
 * @example
 * const contracts = fileset('raw.contracts', { owner: 'legal@example.org' })
 * await contracts.put('2026/acme.pdf', 'scans/acme.pdf', { metadata: { party: 'Acme' } })
 */
export function fileset(name: string, options: FilesetOptions = {}): Fileset {
  const open = async () => {
    const [{ currentLake }, files] = await Promise.all([import('../table/open-lake.ts'), import('./open-fileset.ts')])
    return files.openFileset(await currentLake(), name, attemptContext())
  }
  return {
    name,
    async put(file, content, given = {}) {
      const loadId = begin(name, `put ${file}`)
      requireOptions('fileset', options, ['owner', 'description', 'tags'])
      requireOptions('put', given, ['mediaType', 'metadata'])
      return (await open()).put(file, content, { ...given, loadId, tableOptions: options })
    },
    async get(file, given = {}) {
      requireOptions('get', given, ['version'])
      return (await open()).get(file, given.version)
    },
    async list(given = {}) {
      requireOptions('list', given, ['prefix', 'where'])
      return (await open()).list(given)
    },
    versions: async (file) => (await open()).versions(file),
    async remove(file) {
      const loadId = begin(name, `remove ${file}`)
      return (await open()).remove(file, { loadId, tableOptions: options })
    },
    async [cacheVersion]() {
      const [{ currentLake }, { versionForCache }] = await Promise.all([
        import('../table/open-lake.ts'),
        import('../table/pinned-version.ts'),
      ])
      return versionForCache(await currentLake(), name, undefined)
    },
  }
}

/** What makes it the same change when its code runs again; counted before anything is awaited. */
function begin(name: string, act: string): string {
  const context = attemptContext()
  context?.requireOpen()
  requireWritable(name)
  return loadIdOf({ table: name, branch: 'main', operation: 'append', source: act }, undefined, context)
}
