import { decodeManifest } from '../format/manifest-file.ts'
import { decodeManifestList } from '../format/manifest-list.ts'
import type { ManifestEntry, ManifestFile } from '../format/manifest.ts'
import { parseMetadata } from '../format/parse-metadata.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'

/** So many metadata files and manifest lists are kept: those of the tables that are being written. */
const kept = 64

/** Reads metadata files and manifest lists. They never change, so what was read or written is not read again. */
export class TableFiles {
  readonly #storage: LakeStorage
  readonly #metadata = new Map<string, Promise<TableMetadata>>()
  readonly #lists = new Map<string, Promise<readonly ManifestFile[]>>()

  constructor(storage: LakeStorage) {
    this.#storage = storage
  }

  /** Throws `LAKE_FILE_NOT_FOUND`, `LAKE_METADATA_INVALID`. */
  metadata(key: string): Promise<TableMetadata> {
    return remembered(this.#metadata, key, async () => parseMetadata(textOf(await this.#storage.get(key))))
  }

  /** Throws `LAKE_FILE_NOT_FOUND`, `LAKE_METADATA_INVALID`. */
  manifests(listKey: string): Promise<readonly ManifestFile[]> {
    return remembered(this.#lists, listKey, async () => decodeManifestList(await this.#storage.get(listKey)))
  }

  /** Not kept: who merges manifests does not need them again. Throws `LAKE_FILE_NOT_FOUND`, `LAKE_METADATA_INVALID`. */
  async entries(key: string, manifest: ManifestFile): Promise<readonly ManifestEntry[]> {
    return decodeManifest(await this.#storage.get(key), manifest)
  }

  /** What was just written under this key. */
  rememberMetadata(key: string, metadata: TableMetadata): void {
    remember(this.#metadata, key, Promise.resolve(metadata))
  }

  rememberManifests(listKey: string, manifests: readonly ManifestFile[]): void {
    remember(this.#lists, listKey, Promise.resolve(manifests))
  }
}

const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

function remembered<T>(map: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const found = map.get(key)
  const reading = found ?? read()
  remember(map, key, reading)
  // A failed read is not remembered: the storage may be back.
  if (found === undefined) reading.catch(() => map.delete(key))
  return reading
}

function remember<T>(map: Map<string, Promise<T>>, key: string, value: Promise<T>): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > kept && oldest !== undefined) map.delete(oldest)
}
