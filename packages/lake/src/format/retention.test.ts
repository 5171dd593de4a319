import { expect, test } from 'vitest'
import { expiredHistory } from './retention.ts'
import type { SnapshotRef, TableMetadata } from './table-metadata.ts'

const day = 86_400_000
const now = 100 * day

/** Snapshots by id: how many days old they are, and their parents. */
function tableOf(
  snapshots: Readonly<Record<number, readonly [days: number, parent?: number]>>,
  refs: Readonly<Record<string, SnapshotRef>>,
  properties: Readonly<Record<string, string>> = {},
): TableMetadata {
  const all = Object.entries(snapshots).map(([id, [days, parent]], at) => ({
    'snapshot-id': BigInt(id),
    'parent-snapshot-id': parent === undefined ? undefined : BigInt(parent),
    'sequence-number': at + 1,
    'timestamp-ms': now - days * day,
    'manifest-list': `file:///lake/${id}.avro`,
    summary: { operation: 'append' as const },
  }))
  return { refs, properties, snapshots: all } as unknown as TableMetadata
}

const branch = (id: number, fields: Partial<SnapshotRef> = {}): SnapshotRef => ({
  'snapshot-id': BigInt(id),
  type: 'branch',
  ...fields,
})
const tag = (id: number, fields: Partial<SnapshotRef> = {}): SnapshotRef => ({
  'snapshot-id': BigInt(id),
  type: 'tag',
  ...fields,
})

function expired(
  metadata: TableMetadata,
  options: { readonly maxAgeMs?: number; readonly keep?: number } = {},
): object {
  const { refs, snapshots } = expiredHistory(metadata, { now, ...options })
  return { refs, snapshots: snapshots.map((snapshot) => Number(snapshot['snapshot-id'])) }
}

const line = { 1: [30], 2: [20, 1], 3: [10, 2], 4: [4, 3], 5: [1, 4] } as const

test('a branch keeps five days of its history, and always its last version', () => {
  expect(expired(tableOf(line, { main: branch(5) }))).toEqual({ refs: [], snapshots: [1, 2, 3] })
  expect(expired(tableOf({ 1: [30], 2: [20, 1] }, { main: branch(2) }))).toEqual({ refs: [], snapshots: [1] })
})

test('a table says how long, and how many: the longer of both counts', () => {
  const properties = {
    'history.expire.max-snapshot-age-ms': String(15 * day),
    'history.expire.min-snapshots-to-keep': '4',
  }
  expect(expired(tableOf(line, { main: branch(5) }, properties))).toEqual({ refs: [], snapshots: [1] })
  expect(expired(tableOf(line, { main: branch(5) }, properties), { keep: 1 })).toEqual({ refs: [], snapshots: [1, 2] })
  expect(expired(tableOf(line, { main: branch(5) }, properties), { maxAgeMs: 0, keep: 1 })).toEqual({
    refs: [],
    snapshots: [1, 2, 3, 4],
  })
  expect(expired(tableOf(line, { main: branch(5) }, { 'history.expire.max-snapshot-age-ms': 'old' }))).toEqual({
    refs: [],
    snapshots: [1, 2, 3],
  })
})

test('what a tag points at stays, and not what was before it', () => {
  expect(expired(tableOf(line, { main: branch(5), audited: tag(2) }))).toEqual({ refs: [], snapshots: [1, 3] })
})

test('a branch has an age and a length of its own', () => {
  const lines = { ...line, 6: [9, 2], 7: [8, 6] } as const
  expect(expired(tableOf(lines, { main: branch(5), other: branch(7) }))).toEqual({ refs: [], snapshots: [1, 2, 3, 6] })
  const other = branch(7, { 'min-snapshots-to-keep': 3, 'max-snapshot-age-ms': 0 })
  expect(expired(tableOf(lines, { main: branch(5), other }))).toEqual({ refs: [], snapshots: [1, 3] })
})

test('tags and branches that are older than they may be go, main never', () => {
  const refs = {
    main: branch(1, { 'max-ref-age-ms': 1 }),
    old: tag(2, { 'max-ref-age-ms': 5 * day }),
    young: tag(3),
    side: branch(2),
  }
  const properties = { 'history.expire.max-ref-age-ms': String(15 * day) }
  expect(expired(tableOf({ 1: [30], 2: [20, 1], 3: [10, 2] }, refs, properties))).toEqual({
    refs: ['old', 'side'],
    snapshots: [2],
  })
})

test('a version that a table was rolled back from stays while it is young', () => {
  const lines = { ...line, 6: [3, 4], 7: [12, 2] } as const
  expect(expired(tableOf(lines, { main: branch(5) }))).toEqual({ refs: [], snapshots: [1, 2, 3, 7] })
})
