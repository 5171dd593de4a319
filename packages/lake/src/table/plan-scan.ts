import { bindPredicate } from '../format/bind-predicate.ts'
import { type PackedManifest, packedEntry, packedStatistics, type ScanEntry } from '../format/packed-manifest.ts'
import type { Predicate } from '../format/predicate.ts'
import { type Pruner, pruner } from '../format/prune.ts'
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
export async function planScan(manifests: Manifests, request: ScanRequest): Promise<readonly ScanEntry[]> {
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
      return matching(await manifests.packed(place, manifest), deletes ? undefined : prune, spec)
    }),
  )
  return live.flat().toSorted((a, b) => (a.sequenceNumber ?? 0) - (b.sequenceNumber ?? 0))
}

function matching(packed: PackedManifest, prune: Pruner | undefined, spec: PartitionSpec): readonly ScanEntry[] {
  const found: ScanEntry[] = []
  for (let at = 0; at < packed.count; at++)
    if (!prune || prune.mayMatch(packedStatistics(packed, at), spec)) found.push(packedEntry(packed, at))
  return found
}
