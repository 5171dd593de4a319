import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ManifestEntry, ManifestFile } from './manifest.ts'
import { manifestsToMerge, mergedEntries } from './merge-manifests.ts'

const manifest = (length: number, fields: Partial<ManifestFile> = {}): ManifestFile => ({
  path: `m${length}`,
  length,
  specId: 0,
  content: 'data',
  sequenceNumber: 1,
  minSequenceNumber: 1,
  addedSnapshotId: 1n,
  addedFiles: 1,
  existingFiles: 0,
  deletedFiles: 0,
  addedRows: 1,
  existingRows: 0,
  deletedRows: 0,
  partitions: [],
  ...fields,
})
const of = (count: number, length: number, fields: Partial<ManifestFile> = {}): readonly ManifestFile[] =>
  Array.from({ length: count }, () => manifest(length, fields))

test('fewer than a hundred manifests stay as they are', () => {
  expect(manifestsToMerge(of(99, 5_000))).toEqual([])
  expect(manifestsToMerge(of(100, 5_000)).map((bin) => bin.length)).toEqual([100])
})

test('manifests of other partition specs and those of deletes are not counted, and not merged', () => {
  const deletes = of(120, 5_000, { content: 'deletes' })
  expect(manifestsToMerge([...of(60, 5_000), ...of(60, 5_000, { specId: 1 }), ...deletes])).toEqual([])
  const [bin = [], ...others] = manifestsToMerge([...of(100, 5_000), ...of(60, 5_000, { specId: 1 }), ...deletes])
  expect(others).toEqual([])
  expect(new Set(bin.map(({ content, specId }) => `${content}${specId}`))).toEqual(new Set(['data0']))
})

test('a large manifest waits until as much is merged into it', () => {
  expect(manifestsToMerge([...of(99, 5_000), manifest(3_000_000)])).toEqual([of(99, 5_000)])
  expect(manifestsToMerge([...of(99, 5_000), manifest(400_000)]).map((bin) => bin.length)).toEqual([100])
})

test('a table says how many manifests are too many, how large they become, and whether they are merged at all', () => {
  const merged = (properties: Readonly<Record<string, string>>): readonly number[] =>
    manifestsToMerge(of(10, 1_000), properties).map((bin) => bin.length)
  expect(merged({ 'commit.manifest.min-count-to-merge': '5' })).toEqual([10])
  expect(merged({ 'commit.manifest.min-count-to-merge': '5', 'commit.manifest.target-size-bytes': '4000' })).toEqual([
    4, 4, 2,
  ])
  expect(merged({ 'commit.manifest.min-count-to-merge': '5', 'commit.manifest-merge.enabled': 'false' })).toEqual([])
  expect(merged({ 'commit.manifest.min-count-to-merge': 'five' })).toEqual([])
})

test('of any manifests no bin is larger than the target, and while there are enough small ones a merge leaves fewer', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 20, maxLength: 60 }), (sizes) => {
      const all = sizes.map((size) => manifest(size))
      const bins = manifestsToMerge(all, {
        'commit.manifest.min-count-to-merge': '20',
        'commit.manifest.target-size-bytes': '100000',
      })
      for (const bin of bins) expect(bin.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(100_000)
      expect(new Set(bins.flat()).size).toBe(bins.flat().length)
      expect(bins.flat().length - bins.length).toBeGreaterThanOrEqual(8)
    }),
  )
})

test('live files keep their snapshot and their sequence numbers, and are not added a second time', () => {
  const file = { content: 0, path: 'a', format: 'PARQUET', partition: [], records: 1, size: 1 } as const
  const entry = (fields: Partial<ManifestEntry>): ManifestEntry => {
    return { status: 'added', snapshotId: 7n, sequenceNumber: 3, fileSequenceNumber: 3, file, ...fields }
  }
  expect(
    mergedEntries([[entry({}), entry({ status: 'deleted' })], [entry({ status: 'existing', sequenceNumber: 2 })]]),
  ).toEqual([entry({ status: 'existing' }), entry({ status: 'existing', sequenceNumber: 2 })])
})
