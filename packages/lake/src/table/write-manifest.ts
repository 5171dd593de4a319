import { urlOf } from '../catalog/lake-paths.ts'
import { encodeManifest } from '../format/manifest-file.ts'
import type { DataFile, ManifestEntry, ManifestFile } from '../format/manifest.ts'
import type { Schema } from '../format/schema.ts'
import { summarizeManifest } from '../format/summarize-manifest.ts'
import type { PartitionSpec } from '../format/table-metadata.ts'
import type { Platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'

export interface ManifestToWrite {
  readonly directory: string
  readonly location: string
  readonly schema: Schema
  readonly spec: PartitionSpec
  readonly content: 'data' | 'deletes'
  readonly entries: readonly ManifestEntry[]
  readonly snapshotId: bigint
}

/** Writes a manifest beside the table's metadata. Until a manifest list names it, it is nobody's. */
export async function writeManifest(
  storage: LakeStorage,
  platform: Platform,
  manifest: ManifestToWrite,
): Promise<ManifestFile> {
  const key = `${manifest.directory}/metadata/${platform.newId()}-m0.avro`
  const bytes = encodeManifest(manifest)
  await storage.put(key, bytes)
  return summarizeManifest({ ...manifest, path: urlOf(manifest, key), length: bytes.length })
}

/** Files that a snapshot adds: their ids and numbers are the snapshot's own. */
export function added(files: readonly DataFile[]): readonly ManifestEntry[] {
  return files.map((file) => ({
    status: 'added',
    snapshotId: null,
    sequenceNumber: null,
    fileSequenceNumber: null,
    file,
  }))
}
