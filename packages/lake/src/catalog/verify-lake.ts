import { isSluiceError } from '@sluice/core'
import { decodeManifest } from '../format/manifest-file.ts'
import { decodeManifestList } from '../format/manifest-list.ts'
import type { ManifestFile } from '../format/manifest.ts'
import { parseMetadata } from '../format/parse-metadata.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import type { LakeCatalog, TablePointer } from './lake-catalog.ts'
import { keyOf, type TablePlace } from './lake-paths.ts'
import { verifyViews } from './view-files.ts'

/** What {@link verifyLake} found. */
export interface LakeReport {
  readonly tables: number
  readonly views: number
  /** Files that a snapshot of some table reaches. */
  readonly files: number
  readonly problems: readonly LakeProblem[]
}

export interface LakeProblem {
  /** Or the view. */
  readonly table: string
  /** Of the file; its URL when it is not in the lake. */
  readonly key: string
  readonly problem: string
}

/** Looks whether every file that a snapshot of a table reaches is there, whole and readable, and its views. Reads no data file. */
export async function verifyLake(lake: {
  readonly catalog: Pick<LakeCatalog, 'list' | 'views'>
  readonly storage: LakeStorage
}): Promise<LakeReport> {
  const pointers = await lake.catalog.list()
  const problems: LakeProblem[] = []
  let files = 0
  for (const pointer of pointers) {
    const check = new TableCheck(lake.storage, pointer)
    await check.run()
    problems.push(...check.problems)
    files += check.seen.size
  }
  const views = await lake.catalog.views()
  problems.push(...(await verifyViews(views, new Set(pointers.map(({ name }) => name)), lake.storage)))
  return { tables: pointers.length, views: views.length, files, problems }
}

class TableCheck {
  readonly problems: LakeProblem[] = []
  readonly seen = new Set<string>()
  readonly #storage: LakeStorage
  readonly #pointer: TablePointer
  readonly #sizes = new Map<string, number>()

  constructor(storage: LakeStorage, pointer: TablePointer) {
    this.#storage = storage
    this.#pointer = pointer
  }

  async run(): Promise<void> {
    const { directory, metadataKey } = this.#pointer
    for await (const { key, size } of this.#storage.list(`${directory}/`)) this.#sizes.set(key, size)
    const bytes = await this.#read(metadataKey, undefined)
    await this.#told(metadataKey, async () => {
      if (bytes === undefined) return
      const metadata = parseMetadata(new TextDecoder().decode(bytes))
      const place = { location: metadata.location, directory }
      for (const snapshot of metadata.snapshots ?? []) await this.#list(place, snapshot['manifest-list'])
    })
  }

  async #list(place: TablePlace, url: string): Promise<void> {
    const bytes = await this.#reached(place, url, undefined)
    if (bytes === undefined) return
    await this.#told(url, async () => {
      for (const manifest of decodeManifestList(bytes)) await this.#manifest(place, manifest)
    })
  }

  async #manifest(place: TablePlace, manifest: ManifestFile): Promise<void> {
    const bytes = await this.#reached(place, manifest.path, manifest.length)
    if (bytes === undefined) return
    await this.#told(manifest.path, async () => {
      for (const { status, file } of decodeManifest(bytes, manifest))
        if (status !== 'deleted')
          await this.#told(
            file.path,
            async () => void (await this.#sized(keyOf(this.#storage, place, file.path), file.size)),
          )
    })
  }

  /** The bytes of a file that has not been looked at before; nothing when it has, or when something is wrong with it. */
  async #reached(place: TablePlace, url: string, size: number | undefined): Promise<Uint8Array | undefined> {
    return this.#told(url, async () => {
      const key = keyOf(this.#storage, place, url)
      return this.seen.has(key) ? undefined : this.#read(key, size)
    })
  }

  async #read(key: string, size: number | undefined): Promise<Uint8Array | undefined> {
    if (!(await this.#sized(key, size))) return undefined
    return this.#told(key, () => this.#storage.get(key))
  }

  async #sized(key: string, size: number | undefined): Promise<boolean> {
    if (this.seen.has(key)) return true
    this.seen.add(key)
    const found = this.#sizes.get(key) ?? (await this.#storage.head(key))?.size
    const problem = problemOf(found, size)
    if (problem !== undefined) this.#problem(key, problem)
    return problem === undefined
  }

  /** What cannot be read is a finding; a storage that does not answer is none. */
  async #told<T>(key: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      const finding = isSluiceError(error, 'LAKE_METADATA_INVALID') || isSluiceError(error, 'LAKE_FILE_NOT_FOUND')
      if (!finding && !isSluiceError(error, 'LAKE_FORMAT_UNSUPPORTED')) throw error
      this.#problem(key, error.message)
      return undefined
    }
  }

  #problem(file: string, problem: string): void {
    const root = `${this.#storage.url}/`
    const key = file.startsWith(root) ? file.slice(root.length) : file
    this.problems.push({ table: this.#pointer.name, key, problem })
  }
}

function problemOf(found: number | undefined, expected: number | undefined): string | undefined {
  if (found === undefined) return 'it is missing'
  if (expected === undefined || found === expected) return undefined
  return `it has ${found} bytes, and should have ${expected}`
}
