import type { LakeTableChange } from '@sluice/store'
import { decodeManifest, encodeManifest } from '../format/manifest-file.ts'
import { encodeManifestList } from '../format/manifest-list.ts'
import type { ManifestFile } from '../format/manifest.ts'
import { printMetadata } from '../format/print-metadata.ts'
import { schemaOfSpec } from '../format/schema-of-spec.ts'
import type { Snapshot, TableMetadata } from '../format/table-metadata.ts'
import { platform, type Platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { putMarker } from './commit-marker.ts'
import type { CatalogStore, EmbeddedCatalog } from './embedded-catalog.ts'
import type { TablePointer } from './lake-catalog.ts'
import { keyOf, manifestListKeyOf, metadataKeyOf, type TablePlace } from './lake-paths.ts'
import { TableFiles } from './table-files.ts'

/** What relocating needs. */
export interface RelocateContext {
  readonly catalog: EmbeddedCatalog
  readonly store: CatalogStore
  readonly storage: LakeStorage
  readonly platform?: Platform
}

/**
 * Writes the metadata of a lake that was moved anew, with the URLs that its files have now. Sluice reads a moved lake anyway; other
 * engines go by the URLs. Data files stay as they are. Answers the names of the tables that were changed.
 *
 * Throws `LAKE_COMMIT_CONFLICT` when a table is written meanwhile (what is done is done: call it again), `LAKE_FOREIGN_CATALOG`.
 */
export async function relocateLake(context: RelocateContext): Promise<readonly string[]> {
  const { catalog, storage } = context
  await catalog.requireOwn()
  const changed: string[] = []
  for (const pointer of await catalog.list()) {
    const metadata = await catalog.metadata(pointer)
    if (metadata.location === `${storage.url}/${pointer.directory}`) continue
    await new Relocation(context, pointer, metadata).run()
    changed.push(pointer.name)
  }
  return changed
}

class Relocation {
  readonly #context: RelocateContext
  readonly #pointer: TablePointer
  readonly #metadata: TableMetadata
  readonly #place: TablePlace
  readonly #files: TableFiles
  readonly #newId: () => string
  /** By their old URL: snapshots share manifests. */
  readonly #manifests = new Map<string, ManifestFile>()

  constructor(context: RelocateContext, pointer: TablePointer, metadata: TableMetadata) {
    this.#context = context
    this.#pointer = pointer
    this.#metadata = metadata
    this.#place = { location: metadata.location, directory: pointer.directory }
    this.#files = new TableFiles(context.storage)
    this.#newId = (context.platform ?? platform).newId
  }

  async run(): Promise<void> {
    const { storage, store } = this.#context
    const { id, name, directory, version } = this.#pointer
    const snapshots: Snapshot[] = []
    for (const snapshot of this.#metadata.snapshots ?? []) snapshots.push(await this.#snapshot(snapshot))
    const metadata: TableMetadata = {
      ...this.#metadata,
      location: `${storage.url}/${directory}`,
      ...(this.#metadata.snapshots && { snapshots }),
      ...this.#log(),
    }
    const metadataKey = metadataKeyOf(directory, version + 1, this.#newId())
    await storage.put(metadataKey, printMetadata(metadata), { ifAbsent: true })
    const kept = { addedSnapshots: [], removedSnapshots: [], refs: null }
    const change: LakeTableChange = { id, name, directory, expectedVersion: version, metadataKey, ...kept }
    const made = { createdBy: 'relocate', run: null, loads: [], lineage: [], tables: [name] }
    const commits = [{ id: `relocate:${this.#newId()}`, ...made }]
    await store.commitLake({ commits, tables: [change] })
    await putMarker(storage, change, commits, (this.#context.platform ?? platform).now())
  }

  #log(): Pick<TableMetadata, 'metadata-log'> {
    const log = this.#metadata['metadata-log']
    if (log === undefined) return {}
    return {
      'metadata-log': log.map((entry) => ({
        'metadata-file': this.#url(entry['metadata-file']),
        'timestamp-ms': entry['timestamp-ms'],
      })),
    }
  }

  async #snapshot(snapshot: Snapshot): Promise<Snapshot> {
    const { storage } = this.#context
    const id = snapshot['snapshot-id']
    const manifests: ManifestFile[] = []
    for (const manifest of await this.#files.manifests(keyOf(storage, this.#place, snapshot['manifest-list'])))
      manifests.push(await this.#manifest(manifest))
    const key = manifestListKeyOf(this.#pointer.directory, id, this.#newId())
    const parentSnapshotId = snapshot['parent-snapshot-id']
    const list = { snapshotId: id, parentSnapshotId, sequenceNumber: snapshot['sequence-number'], manifests }
    await storage.put(key, encodeManifestList(list), { ifAbsent: true })
    return { ...snapshot, 'manifest-list': `${storage.url}/${key}` }
  }

  async #manifest(manifest: ManifestFile): Promise<ManifestFile> {
    const { storage } = this.#context
    const known = this.#manifests.get(manifest.path)
    if (known !== undefined) return known
    const entries = decodeManifest(await storage.get(keyOf(storage, this.#place, manifest.path)), manifest)
    const moved = entries.map(({ file, ...entry }) =>
      Object.assign(entry, { file: { ...file, path: this.#url(file.path) } }),
    )
    const { schema, spec } = schemaOfSpec(this.#metadata, manifest.specId)
    const { content, addedSnapshotId: snapshotId } = manifest
    const bytes = encodeManifest({ schema, spec, content, entries: moved, snapshotId })
    const key = `${this.#pointer.directory}/metadata/${this.#newId()}-m0.avro`
    await storage.put(key, bytes, { ifAbsent: true })
    const written = { ...manifest, path: `${storage.url}/${key}`, length: bytes.length }
    this.#manifests.set(manifest.path, written)
    return written
  }

  #url(old: string): string {
    const { storage } = this.#context
    return `${storage.url}/${keyOf(storage, this.#place, old)}`
  }
}
