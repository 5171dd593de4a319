import { expect, test } from 'vitest'
import { contentChange, contentProperty, contentText, datasetContent } from './dataset-version.ts'
import type { Snapshot, SnapshotSummary, TableMetadata } from './table-metadata.ts'

/** A table whose snapshots 1, 2 … follow each other; `main` is the last, or what is said. */
function tableOf(summaries: readonly SnapshotSummary[], main: number = summaries.length): TableMetadata {
  const snapshots = summaries.map((summary, index): Snapshot => ({
    'snapshot-id': BigInt(index + 1),
    ...(index > 0 && { 'parent-snapshot-id': BigInt(index) }),
    'sequence-number': index + 1,
    'timestamp-ms': index,
    'manifest-list': `${index}`,
    summary,
  }))
  const refs = { main: { 'snapshot-id': BigInt(main), type: 'branch' as const } }
  // What else a table has does not matter here.
  return { snapshots, refs, 'current-schema-id': 0 } as unknown as TableMetadata
}

const added = (rows: number): SnapshotSummary => ({ operation: 'append', 'added-records': String(rows) })
const compacted: SnapshotSummary = { operation: 'replace', 'added-records': '5', 'deleted-records': '5' }

test.each([
  ['a load', [added(1), added(2)], '2/0'],
  ['a load without rows', [added(1), added(0)], '1/0'],
  ['a compaction', [added(1), compacted, compacted], '1/0'],
  ['an overwrite', [added(1), { operation: 'overwrite', 'added-records': '0', 'deleted-records': '1' }], '2/0'],
  ['another engine, which did not count', [added(1), { operation: 'overwrite' }], '2/0'],
  [
    'deletes of another engine',
    [added(1), { operation: 'overwrite', 'added-records': '0', 'added-delete-files': '1' }],
    '2/0',
  ],
] as const)('after %s the content is that of the last snapshot that changed rows', (_, summaries, version) => {
  expect(contentText(datasetContent(tableOf(summaries)))).toBe(version)
})

test('a compaction whose predecessors are expired still says whose rows it holds', () => {
  const whole = tableOf([added(1), { ...compacted, [contentProperty]: '1' }])
  const [, last] = whole.snapshots ?? []
  const expired = { ...whole, snapshots: last ? [last] : [] }
  expect(contentText(datasetContent(expired))).toBe(contentText(datasetContent(whole)))
})

test('a table without rows has a content of its own', () => {
  expect(contentText(datasetContent({ 'current-schema-id': 3 } as unknown as TableMetadata))).toBe('none/3')
})

test('what changed is counted along the way, and by what is held where there is none', () => {
  const summaries = [added(4), compacted, { operation: 'delete', 'deleted-records': '1' }] as const
  expect(contentChange(undefined, tableOf(summaries, 1))).toEqual({ added: 4, removed: 0 })
  expect(contentChange(tableOf(summaries, 1), tableOf(summaries))).toEqual({ added: 0, removed: 1 })
  const held = [
    { ...added(4), 'total-records': '4' },
    { ...added(3), 'total-records': '7' },
  ] as const
  expect(contentChange(tableOf(held), tableOf(held, 1))).toEqual({ added: 0, removed: 3 })
})
