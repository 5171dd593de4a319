import { describe, expect, test } from 'vitest'
import { applyUpdates } from './apply-updates.ts'
import { createTableUpdates } from './create-table.ts'
import { parseMetadata } from './parse-metadata.ts'
import { partitionSpec } from './partition-spec.ts'
import { printMetadata } from './print-metadata.ts'
import type { Field, Schema } from './schema.ts'
import type { Snapshot, TableMetadata } from './table-metadata.ts'
import type { TableRequirement, TableUpdate } from './table-update.ts'

const schema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [column(1, 'id', 'long'), column(2, 'pickup_at', 'timestamp'), column(3, 'fare', 'double')],
}
const spec = partitionSpec(schema, [{ column: 'pickup_at', transform: 'day' }])
const big = 9_223_372_036_854_775_807n

const fresh = applyUpdates(
  undefined,
  [{ type: 'assert-create' }],
  createTableUpdates({ uuid: 'u-1', location: 'file:///lake/t/', schema, spec, properties: { owner: 'me' } }),
  { now: 1_000 },
)
const one = commit(fresh, [addSnapshot(big, 1), main(big)], 2_000)

describe('a new table', () => {
  test('has its schema, its partitions and no snapshot', () => {
    expect(fresh).toStrictEqual({
      'format-version': 2,
      'table-uuid': 'u-1',
      location: 'file:///lake/t',
      'last-sequence-number': 0,
      'last-updated-ms': 1_000,
      'last-column-id': 3,
      schemas: [schema],
      'current-schema-id': 0,
      'partition-specs': [
        { 'spec-id': 0, fields: [{ 'source-id': 2, 'field-id': 1_000, name: 'pickup_at_day', transform: 'day' }] },
      ],
      'default-spec-id': 0,
      'last-partition-id': 1_000,
      'sort-orders': [{ 'order-id': 0, fields: [] }],
      'default-sort-order-id': 0,
      properties: { owner: 'me' },
    })
  })

  test('is not made where there is one', () => {
    expect(() => applyUpdates(fresh, [{ type: 'assert-create' }], [], { now: 1 })).toThrow(
      expect.objectContaining({
        code: 'LAKE_COMMIT_CONFLICT',
        details: expect.objectContaining({ requirement: { type: 'assert-create' } }),
      }),
    )
  })

  test.each(['assign-uuid', 'set-location', 'add-schema', 'add-spec', 'add-sort-order'])('needs %s', (action) => {
    const updates = createTableUpdates({ uuid: 'u', location: 'file:///t', schema, spec })
    expect(() =>
      applyUpdates(
        undefined,
        [],
        updates.filter((update) => update.action !== action),
        { now: 1 },
      ),
    ).toThrow(expect.objectContaining({ code: 'LAKE_COMMIT_INVALID' }))
  })
})

describe('what was not so any more is a conflict', () => {
  const cases: readonly TableRequirement[] = [
    { type: 'assert-table-uuid', uuid: 'other' },
    { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 1n },
    { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null },
    { type: 'assert-ref-snapshot-id', ref: 'gone', 'snapshot-id': 1n },
    { type: 'assert-ref-snapshot-id', ref: 'constructor', 'snapshot-id': 1n },
    { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 2 },
    { type: 'assert-current-schema-id', 'current-schema-id': 1 },
    { type: 'assert-last-assigned-partition-id', 'last-assigned-partition-id': 999 },
    { type: 'assert-default-spec-id', 'default-spec-id': 1 },
    { type: 'assert-default-sort-order-id', 'default-sort-order-id': 1 },
  ]

  test.each(cases.map((requirement) => [JSON.stringify(requirement, text), requirement] as const))(
    '%s',
    (_, requirement) => {
      expect(() => applyUpdates(one, [requirement], [], { now: 3_000 })).toThrow(
        expect.objectContaining({ code: 'LAKE_COMMIT_CONFLICT', details: expect.objectContaining({ requirement }) }),
      )
    },
  )

  test('and what is so is none', () => {
    const requirements: readonly TableRequirement[] = [
      { type: 'assert-table-uuid', uuid: 'u-1' },
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': big },
      { type: 'assert-ref-snapshot-id', ref: 'wap', 'snapshot-id': null },
      { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 3 },
      { type: 'assert-current-schema-id', 'current-schema-id': 0 },
      { type: 'assert-last-assigned-partition-id', 'last-assigned-partition-id': 1_000 },
      { type: 'assert-default-spec-id', 'default-spec-id': 0 },
      { type: 'assert-default-sort-order-id', 'default-sort-order-id': 0 },
    ]
    expect(applyUpdates(one, requirements, [], { now: 3_000 })['last-updated-ms']).toBe(3_000)
  })

  test('a table that is gone', () => {
    expect(() => applyUpdates(undefined, [{ type: 'assert-table-uuid', uuid: 'u' }], [], { now: 1 })).toThrow(
      expect.objectContaining({ code: 'LAKE_COMMIT_CONFLICT' }),
    )
  })

  test('a sequence number that somebody else has taken, and a parent that is gone', () => {
    for (const snapshot of [snapshotOf(7n, 1), { ...snapshotOf(7n, 2), 'parent-snapshot-id': 99n }]) {
      expect(() => commit(one, [{ action: 'add-snapshot', snapshot }])).toThrow(
        expect.objectContaining({ code: 'LAKE_COMMIT_CONFLICT' }),
      )
    }
  })
})

describe('what makes no valid table is refused', () => {
  const cases: readonly (readonly [string, readonly TableUpdate[]])[] = [
    ['a sequence number that leaves a gap', [addSnapshot(7n, 3)]],
    ['a snapshot twice', [addSnapshot(big, 2)]],
    ['a negative id', [addSnapshot(-1n, 2)]],
    ['an id of 64 bits', [addSnapshot(big + 1n, 2)]],
    [
      'a snapshot with a schema that is not there',
      [{ action: 'add-snapshot', snapshot: { ...snapshotOf(7n, 2), 'schema-id': 4 } }],
    ],
    ['a ref to nothing', [main(5n)]],
    ['main as a tag', [{ action: 'set-snapshot-ref', 'ref-name': 'main', 'snapshot-id': big, type: 'tag' }]],
    ['removing what main is', [{ action: 'remove-snapshots', 'snapshot-ids': [big] }]],
    ['-1 before anything was added', [{ action: 'set-current-schema', 'schema-id': -1 }]],
    ['a schema that is not there', [{ action: 'set-current-schema', 'schema-id': 5 }]],
    ['a partition spec that is not there', [{ action: 'set-default-spec', 'spec-id': 5 }]],
    ['a sort order that is not there', [{ action: 'set-default-sort-order', 'sort-order-id': 5 }]],
    ['another UUID', [{ action: 'assign-uuid', uuid: 'other' }]],
    ['an id twice in a schema', [addFields(column(1, 'id', 'long'), column(1, 'b', 'long'))]],
    ['a name twice in a schema', [addFields(column(1, 'id', 'long'), column(4, 'id', 'long'))]],
    ['a type that narrows', [addFields(column(1, 'id', 'int'))]],
    ['a type that becomes another', [addFields(column(3, 'fare', 'string'))]],
    ['a column with the id 0', [addFields(column(0, 'zero', 'long'))]],
    ['a partition of a column that is not there', [addSpec(9, 'day', 'x')]],
    ['a partition by a transform that does not fit', [addSpec(3, 'day', 'x')]],
    ['a partition with the name of a column', [addSpec(2, 'day', 'fare')]],
    ['an unknown update', [{ action: 'upgrade' } as unknown as TableUpdate]],
  ]

  test.each(cases)('%s', (_, updates) => {
    expect(() => commit(one, updates)).toThrow(expect.objectContaining({ code: 'LAKE_COMMIT_INVALID' }))
  })

  test('the id of a dropped column that was given again', () => {
    const dropped = commit(one, [addFields(column(1, 'id', 'long'), column(9, 'late', 'long'))])
    expect(() => commit(dropped, [addFields(column(4, 'other', 'long'))])).toThrow(/which was given before/)
    expect(commit(dropped, [addFields(column(10, 'other', 'long'))])['last-column-id']).toBe(10)
  })
})

describe('schemas and layouts', () => {
  test('a schema that says the same as one of the table is that one', () => {
    const wider = { ...schema, 'schema-id': 40, fields: [...schema.fields, column(4, 'tip', 'double')] }
    const twice = commit(one, [
      { action: 'add-schema', schema: wider },
      { action: 'set-current-schema', 'schema-id': -1 },
      { action: 'add-schema', schema: { ...schema, 'schema-id': 7 } },
    ])
    expect(twice.schemas.map((its) => its['schema-id'])).toStrictEqual([0, 1])
    expect(twice).toMatchObject({ 'current-schema-id': 1, 'last-column-id': 4 })
    const back = commit(twice, [
      { action: 'add-schema', schema },
      { action: 'set-current-schema', 'schema-id': -1 },
    ])
    expect(back).toMatchObject({ 'current-schema-id': 0, 'last-column-id': 4, schemas: twice.schemas })
  })

  test('so is a partition spec', () => {
    const next = commit(one, [
      { action: 'add-spec', spec: { ...spec, 'spec-id': 9 } },
      { action: 'set-default-spec', 'spec-id': -1 },
    ])
    expect(next['partition-specs']).toStrictEqual(one['partition-specs'])
  })

  test('a new partition spec and a sort order get the next numbers', () => {
    const order = { 'source-id': 1, transform: 'identity', direction: 'asc', 'null-order': 'nulls-last' } as const
    const next = commit(one, [
      addSpec(1, 'bucket[16]', 'id_bucket'),
      { action: 'set-default-spec', 'spec-id': -1 },
      { action: 'add-sort-order', 'sort-order': { 'order-id': 9, fields: [order] } },
      { action: 'set-default-sort-order', 'sort-order-id': -1 },
    ])
    expect(next).toMatchObject({ 'default-spec-id': 1, 'last-partition-id': 1_005, 'default-sort-order-id': 1 })
  })
})

describe('history', () => {
  test('a commit to main is the current snapshot, in the log, and the previous file in the other log', () => {
    expect(one).toMatchObject({
      'current-snapshot-id': big,
      'last-sequence-number': 1,
      'last-updated-ms': 2_000,
      refs: { main: { 'snapshot-id': big, type: 'branch' } },
      'snapshot-log': [{ 'snapshot-id': big, 'timestamp-ms': 1_500 }],
      'metadata-log': [{ 'metadata-file': 'file:///v1', 'timestamp-ms': 1_000 }],
    })
  })

  test('a branch other than main leaves the current snapshot alone', () => {
    const next = commit(one, [
      addSnapshot(3n, 2),
      { action: 'set-snapshot-ref', 'ref-name': 'wap', 'snapshot-id': 3n, type: 'branch' },
    ])
    expect(next).toMatchObject({
      'current-snapshot-id': big,
      'snapshot-log': one['snapshot-log'],
      'last-sequence-number': 2,
    })
    expect(commit(next, [{ action: 'remove-snapshot-ref', 'ref-name': 'wap' }]).refs).toStrictEqual(one.refs)
  })

  test('several appends in one commit follow each other', () => {
    const next = commit(one, [addSnapshot(3n, 2), main(3n), addSnapshot(4n, 3), main(4n)], 9_000)
    expect(next['snapshot-log']?.map((entry) => entry['snapshot-id'])).toStrictEqual([big, 3n, 4n])
    expect(next['last-sequence-number']).toBe(3)
  })

  test.each([
    ['behind', 1],
    ['ahead', 99_999],
  ])('the clock of a writer that is %s does not put history out of order', (_, at) => {
    const snapshot = { ...snapshotOf(3n, 2), 'timestamp-ms': at }
    const next = commit(one, [{ action: 'add-snapshot', snapshot }, main(3n)], 5_000)
    const [, entry] = next['snapshot-log'] ?? []
    expect(entry?.['timestamp-ms']).toBe(Math.min(Math.max(at, 2_000), 5_000))
    expect(next.snapshots?.at(-1)?.['timestamp-ms']).toBe(entry?.['timestamp-ms'])
  })

  test('the clock of the catalogue that goes back does not take the table back', () => {
    expect(commit(one, [], 3)['last-updated-ms']).toBe(2_000)
  })

  test('going back to an older snapshot is written down as of now', () => {
    const next = commit(commit(one, [addSnapshot(3n, 2), main(3n)], 3_000), [main(big)], 4_000)
    expect(next['snapshot-log']?.at(-1)).toStrictEqual({ 'snapshot-id': big, 'timestamp-ms': 4_000 })
  })

  test('history before a forgotten snapshot is forgotten', () => {
    const three = commit(one, [addSnapshot(3n, 2), main(3n), addSnapshot(4n, 3), main(4n)], 9_000)
    const next = commit(three, [{ action: 'remove-snapshots', 'snapshot-ids': [3n] }])
    expect(next.snapshots?.map((snapshot) => snapshot['snapshot-id'])).toStrictEqual([big, 4n])
    expect(next['snapshot-log']?.map((entry) => entry['snapshot-id'])).toStrictEqual([4n])
  })

  test('the log of metadata files keeps the last hundred, or what the table says', () => {
    let table = one
    for (let at = 0; at < 120; at += 1) table = commit(table, [])
    expect(table['metadata-log']).toHaveLength(100)
    const few = commit(table, [{ action: 'set-properties', updates: { 'write.metadata.previous-versions-max': '3' } }])
    expect(few['metadata-log']).toHaveLength(3)
    expect(commit(few, [{ action: 'remove-properties', removals: ['owner'] }]).properties).toStrictEqual({
      'write.metadata.previous-versions-max': '3',
    })
  })

  test('what was there is not changed in place, and reads back from its text', () => {
    const before = printMetadata(one)
    const next = commit(one, [addSnapshot(3n, 2), main(3n)])
    expect(printMetadata(one)).toBe(before)
    expect(before).toContain('"current-snapshot-id":9223372036854775807')
    expect(parseMetadata(printMetadata(next))).toStrictEqual(next)
  })
})

function column(id: number, name: string, type: Field['type']): Field {
  return { id, name, required: false, type }
}

function addFields(...fields: readonly Field[]): TableUpdate {
  return { action: 'add-schema', schema: { ...schema, fields } }
}

function addSpec(source: number, transform: 'day' | 'bucket[16]', name: string): TableUpdate {
  return {
    action: 'add-spec',
    spec: { 'spec-id': 0, fields: [{ 'source-id': source, 'field-id': 1_005, name, transform }] },
  }
}

function snapshotOf(id: bigint, sequence: number): Snapshot {
  const summary = { operation: 'append' } as const
  return {
    'snapshot-id': id,
    'sequence-number': sequence,
    'timestamp-ms': 1_500,
    'manifest-list': 'file:///l',
    summary,
  }
}

function addSnapshot(id: bigint, sequence: number): TableUpdate {
  return { action: 'add-snapshot', snapshot: snapshotOf(id, sequence) }
}

function main(id: bigint): TableUpdate {
  return { action: 'set-snapshot-ref', 'ref-name': 'main', 'snapshot-id': id, type: 'branch' }
}

function commit(base: TableMetadata, updates: readonly TableUpdate[], now = 6_000): TableMetadata {
  return applyUpdates(base, [], updates, { now, previousFile: 'file:///v1' })
}

function text(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
