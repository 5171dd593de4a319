import { expect, test } from 'vitest'
import { decodeManifest } from './manifest-file.ts'
import { decodeManifestList } from './manifest-list.ts'
import type { ManifestFile } from './manifest.ts'
import { parseMetadata } from './parse-metadata.ts'
import { listBase64, manifestBase64, metadataText } from './pyiceberg-files.fixture.ts'

test('the files of a table that PyIceberg wrote read as it wrote them', () => {
  expect(parseMetadata(metadataText)).toMatchObject({
    'current-snapshot-id': 6_446_744_073_709_551_617n,
    'last-column-id': 3,
    schemas: [
      {
        fields: [
          { name: 'id', required: true },
          { name: 'at', type: 'timestamptz' },
          { name: 'price', type: 'decimal(9, 2)' },
        ],
      },
    ],
  })
  const [listed] = decodeManifestList(Buffer.from(listBase64, 'base64')) as [ManifestFile]
  expect(listed).toMatchObject({
    content: 'data',
    sequenceNumber: 2,
    minSequenceNumber: 1,
    addedSnapshotId: 6_446_744_073_709_551_617n,
    addedFiles: 1,
    existingFiles: 1,
    partitions: [
      { containsNull: false, lower: Uint8Array.of(255, 255, 255, 255), upper: Uint8Array.of(0x4e, 0x44, 0, 0) },
      { containsNull: true },
    ],
  })
  expect(decodeManifest(Buffer.from(manifestBase64, 'base64'), listed)).toStrictEqual([
    {
      status: 'added',
      snapshotId: 6_446_744_073_709_551_617n,
      sequenceNumber: 2,
      fileSequenceNumber: 2,
      file: {
        content: 0,
        path: 'file:///t/data/a.parquet',
        format: 'PARQUET',
        partition: [17_486, -1_005n],
        records: 2,
        size: 700,
        columnSizes: new Map([[1, 40]]),
        valueCounts: new Map([
          [1, 2],
          [2, 2],
          [3, 2],
        ]),
        nullCounts: new Map([
          [1, 0],
          [2, 0],
          [3, 1],
        ]),
        nanCounts: new Map(),
        lowerBounds: new Map([[1, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)]]),
        upperBounds: new Map([[1, Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0)]]),
        splitOffsets: [4],
      },
    },
    {
      status: 'existing',
      snapshotId: 5n,
      sequenceNumber: 1,
      fileSequenceNumber: 1,
      file: expect.objectContaining({ path: 'file:///t/data/b.parquet', partition: [-1, null], records: 1 }) as unknown,
    },
  ])
})
