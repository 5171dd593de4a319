import { bindPredicate } from '../format/bind-predicate.ts'
import type { ManifestEntry } from '../format/manifest.ts'
import type { Predicate } from '../format/predicate.ts'
import { pruner } from '../format/prune.ts'
import type { Schema } from '../format/schema.ts'
import type { PartitionSpec, Snapshot, TableMetadata } from '../format/table-metadata.ts'
import type { Manifests } from './manifests.ts'

/** What of a snapshot is to be read. */
export interface ScanRequest {
  readonly metadata: TableMetadata
  readonly directory: string
  readonly snapshot: Snapshot | undefined
  readonly schema: Schema
  /** Files without a row that may fulfil it are left out. */
  readonly where?: Predicate | undefined
}

/** The live files of a snapshot that may hold what is looked for, oldest first. Deletes are all there: they are few. */
export async function planScan(manifests: Manifests, request: ScanRequest): Promise<readonly ManifestEntry[]> {
  const { metadata, snapshot, schema } = request
  if (!snapshot) return []
  const place = { location: metadata.location, directory: request.directory }
  const prune = pruner(bindPredicate(request.where ?? { op: 'true' }, schema), schema)
  const specs = new Map(metadata['partition-specs'].map((spec) => [spec['spec-id'], spec]))
  const specOf = (id: number): PartitionSpec => specs.get(id) ?? { 'spec-id': id, fields: [] }
  const list = await manifests.list(place, snapshot['manifest-list'])
  const live = await Promise.all(
    list.map(async (manifest) => {
      const spec = specOf(manifest.specId)
      const deletes = manifest.content === 'deletes'
      if (!deletes && !prune.mayMatchManifest(manifest, spec)) return []
      const entries = await manifests.entries(place, manifest)
      return entries.filter(({ status, file }) => status !== 'deleted' && (deletes || prune.mayMatchFile(file, spec)))
    }),
  )
  return live.flat().toSorted((a, b) => (a.sequenceNumber ?? 0) - (b.sequenceNumber ?? 0))
}
