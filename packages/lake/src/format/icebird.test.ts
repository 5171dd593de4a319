import { avroMetadata, avroRead } from 'icebird'
import { describe, expect, test } from 'vitest'
import { added, dataFile, everyType } from './format.fixture.ts'
import { encodeManifest } from './manifest-file.ts'
import { encodeManifestList } from './manifest-list.ts'
import { partitionSpec } from './partition-spec.ts'
import { summarizeManifest } from './summarize-manifest.ts'

const snapshotId = 9_223_372_036_854_775_807n
const spec = partitionSpec(everyType, [
  { column: 'c_8', transform: 'day' },
  { column: 'c_10', transform: 'identity' },
  { column: 'c_3', transform: 'bucket[4]' },
])
const file = dataFile({
  partition: [-1, 'é😀', null],
  valueCounts: new Map([[3, 3]]),
  lowerBounds: new Map([[3, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)]]),
  splitOffsets: [4],
})
const content = { schema: everyType, spec, content: 'data', entries: [added(file)], snapshotId } as const
const bytes = encodeManifest(content)

describe('icebird, an independent reader', () => {
  test('reads our manifests', () => {
    const [entry] = records(bytes)
    expect(entry).toMatchObject({
      status: 1,
      snapshot_id: snapshotId,
      data_file: {
        content: 0,
        file_path: file.path,
        file_format: 'PARQUET',
        partition: { c_10: 'é😀' },
        record_count: 3n,
        file_size_in_bytes: 1_000n,
        value_counts: [{ key: 3, value: 3n }],
        split_offsets: [4n],
      },
    })
  })

  test('reads manifests that packing does not make smaller', () => {
    const bound = new Uint8Array(500)
    let state = 7
    for (const i of bound.keys()) bound[i] = (state = (state * 48_271) % 2_147_483_647) & 255
    const entries = [added(dataFile({ partition: file.partition, lowerBounds: new Map([[3, bound]]) }))]
    expect(records(encodeManifest({ ...content, entries }))).toMatchObject([
      { data_file: { lower_bounds: [{ key: 3, value: bound }] } },
    ])
  })

  test('reads our manifest lists', () => {
    const manifest = summarizeManifest({ ...content, path: 'file:///m.avro', length: bytes.length })
    const list = { snapshotId, parentSnapshotId: undefined, sequenceNumber: 5, manifests: [manifest] }
    const [entry] = records(encodeManifestList(list))
    expect(entry).toMatchObject({
      manifest_path: 'file:///m.avro',
      manifest_length: BigInt(bytes.length),
      content: 0,
      sequence_number: 5n,
      min_sequence_number: 5n,
      added_snapshot_id: snapshotId,
      added_files_count: 1,
      added_rows_count: 3n,
    })
  })
})

function records(avro: Uint8Array): readonly unknown[] {
  const reader = { view: new DataView(avro.slice().buffer), offset: 0 }
  const { metadata, syncMarker } = avroMetadata(reader)
  return avroRead({ reader, metadata, syncMarker })
}
