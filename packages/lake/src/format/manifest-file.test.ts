import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { added, anyEntry, dataFile, everyPartition, everyType, primitiveTypes, runs } from './format.fixture.ts'
import { decodeManifest, encodeManifest } from './manifest-file.ts'
import { decodeManifestList, encodeManifestList } from './manifest-list.ts'
import type { ManifestEntry, ManifestFile, PartitionValue } from './manifest.ts'
import { summarizeManifest } from './summarize-manifest.ts'
import type { PartitionSpec } from './table-metadata.ts'

const snapshotId = 9_223_372_036_854_775_807n

const unpartitioned: PartitionSpec = { 'spec-id': 0, fields: [] }

describe('a manifest', () => {
  test('reads as it was written, with partitions of every type', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 5 }), (entries) => {
        const { bytes, manifest } = written(entries, everyPartition)
        expect(decodeManifest(bytes, manifest)).toStrictEqual(entries.map(withFloats))
      }),
      { numRuns: runs },
    )
  })

  test('lets added files inherit their numbers from the list, and its snapshot', () => {
    const { bytes, manifest } = written([added(dataFile())])
    const [listed] = decodeManifestList(
      encodeManifestList({ snapshotId, parentSnapshotId: undefined, sequenceNumber: 7, manifests: [manifest] }),
    )
    expect(listed).toMatchObject({ sequenceNumber: 7, minSequenceNumber: 7, addedSnapshotId: snapshotId })
    expect(decodeManifest(bytes, listed as ManifestFile)).toMatchObject([
      { snapshotId, sequenceNumber: 7, fileSequenceNumber: 7 },
    ])
  })

  test.each(['existing', 'deleted'] as const)('refuses a file that is %s and lacks its sequence number', (status) => {
    expect(() => written([{ ...added(dataFile()), status }])).toThrow(/lacks its sequence number/)
  })

  test('keeps the number of files that were there before, and has the lowest of them in its summary', () => {
    const old = { snapshotId: 5n, sequenceNumber: 2, fileSequenceNumber: 3, file: dataFile() }
    const { bytes, manifest } = written([
      added(dataFile()),
      { ...old, status: 'existing' },
      { ...old, status: 'deleted', sequenceNumber: 1 },
    ])
    expect(manifest).toMatchObject({
      sequenceNumber: -1,
      minSequenceNumber: 2,
      addedFiles: 1,
      existingFiles: 1,
      deletedFiles: 1,
    })
    expect(decodeManifest(bytes, { ...manifest, sequenceNumber: 9 })).toMatchObject([
      { snapshotId, sequenceNumber: 9, fileSequenceNumber: 9 },
      { snapshotId: 5n, sequenceNumber: 2, fileSequenceNumber: 3 },
      { status: 'deleted', sequenceNumber: 1 },
    ])
  })

  test('holds either data or deletes', () => {
    expect(() => written([added(dataFile({ content: 1 }))])).toThrow(/does not belong into a manifest of data/)
  })

  test('is not written with a partition of another spec', () => {
    expect(() => written([added(dataFile({ partition: [1] }))])).toThrow(/another partition spec/)
  })
})

describe('the summary of a manifest', () => {
  const byName: PartitionSpec = {
    'spec-id': 1,
    fields: [
      { 'source-id': 10, 'field-id': 1_000, name: 'c_10', transform: 'identity' },
      { 'source-id': 5, 'field-id': 1_001, name: 'c_5', transform: 'identity' },
    ],
  }

  const of = (partitions: readonly (readonly PartitionValue[])[]): ManifestFile =>
    written(
      partitions.map((partition) => added(dataFile({ partition }))),
      byName,
    ).manifest

  test('has whole bounds: readers take a missing bound for "no value at all"', () => {
    const long = '\u{10ffff}'.repeat(20)
    const [text] = of([[long, null]]).partitions
    expect(text).toStrictEqual({ containsNull: false, containsNan: false, lower: utf8(long), upper: utf8(long) })
  })

  test('has no bounds where there are only nulls and NaN', () => {
    expect(
      of([
        [null, null],
        [null, Number.NaN],
      ]).partitions,
    ).toStrictEqual([
      { containsNull: true, containsNan: false },
      { containsNull: true, containsNan: true },
    ])
  })

  test('includes both zeros', () => {
    const [, zero] = of([
      ['a', 0],
      ['a', -0],
    ]).partitions
    expect(new Float64Array(zero?.lower?.slice().buffer as ArrayBuffer)[0]).toBe(-0)
    expect(new Float64Array(zero?.upper?.slice().buffer as ArrayBuffer)[0]).toBe(0)
  })

  test('orders text by code points, not by the units of JavaScript', () => {
    const [text] = of([
      ['\u{ffff}', 0],
      ['😀', 0],
    ]).partitions
    expect(text).toMatchObject({ lower: utf8('\u{ffff}'), upper: utf8('😀') })
  })
})

describe('a manifest list', () => {
  const anyManifest: fc.Arbitrary<ManifestFile> = fc.record(
    {
      path: fc.string({ unit: 'grapheme' }),
      length: fc.maxSafeNat(),
      specId: fc.nat(),
      content: fc.constantFrom('data', 'deletes'),
      sequenceNumber: fc.nat(),
      minSequenceNumber: fc.nat(),
      addedSnapshotId: fc.bigInt({ min: 0n, max: snapshotId }),
      addedFiles: fc.nat(),
      existingFiles: fc.nat(),
      deletedFiles: fc.nat(),
      addedRows: fc.maxSafeNat(),
      existingRows: fc.maxSafeNat(),
      deletedRows: fc.maxSafeNat(),
      partitions: fc.array(
        fc.record(
          {
            containsNull: fc.boolean(),
            containsNan: fc.boolean(),
            lower: fc.uint8Array(),
            upper: fc.uint8Array(),
          },
          { requiredKeys: ['containsNull'], noNullPrototype: true },
        ),
      ),
    },
    { noNullPrototype: true },
  )

  test('reads as it was written', () => {
    fc.assert(
      fc.property(fc.array(anyManifest, { maxLength: 5 }), (manifests) => {
        const list = { snapshotId, parentSnapshotId: 4n, sequenceNumber: 9, manifests }
        expect(decodeManifestList(encodeManifestList(list))).toStrictEqual(manifests)
      }),
      { numRuns: runs },
    )
  })

  test('refuses a manifest of another snapshot that lacks its number', () => {
    const { manifest } = written([added(dataFile())])
    const list = { snapshotId: 1n, parentSnapshotId: undefined, sequenceNumber: 1, manifests: [manifest] }
    expect(() => encodeManifestList(list)).toThrow(/is of another snapshot and lacks its sequence number/)
  })

  test('leaves the number 0 of what version 1 wrote as it is', () => {
    const manifest = { ...written([added(dataFile())]).manifest, sequenceNumber: 0, minSequenceNumber: 0 }
    const list = { snapshotId, parentSnapshotId: undefined, sequenceNumber: 8, manifests: [manifest] }
    expect(decodeManifestList(encodeManifestList(list))).toMatchObject([{ sequenceNumber: 0, minSequenceNumber: 0 }])
  })
})

function written(
  entries: readonly ManifestEntry[],
  spec = unpartitioned,
): { bytes: Uint8Array; manifest: ManifestFile } {
  const content = { schema: everyType, spec, content: 'data', entries, snapshotId } as const
  const bytes = encodeManifest(content)
  return { bytes, manifest: summarizeManifest({ ...content, path: 'file:///m.avro', length: bytes.length }) }
}

/** Single precision, as it is stored. */
function withFloats(entry: ManifestEntry): ManifestEntry {
  const partition = entry.file.partition.map((value, at) =>
    primitiveTypes[at] === 'float' && typeof value === 'number' ? Math.fround(value) : value,
  )
  return { ...entry, file: { ...entry.file, partition } }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
