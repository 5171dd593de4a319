import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pyiceberg } from '../format/pyiceberg.testsupport.ts'
import { icebirdRows, pyicebergScans } from '../testing/other-readers.testsupport.ts'
import { openTestTables, type TestTables, withoutOurs } from '../testing/test-lake.testsupport.ts'
import { bucket, day, truncate } from './partition-helpers.ts'
import type { PartitionBy } from './types.ts'

type Row = Record<string, unknown>

let tables: TestTables
beforeAll(async () => {
  tables = await openTestTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

const runs = Number(process.env['RUNS'] ?? 12)
let count = 0

interface Step {
  readonly operation: 'append' | 'replace' | 'overwrite' | 'merge' | 'insert' | 'refresh' | 'delete'
  readonly rows: readonly Row[]
  /** Of an overwrite or a deletion: which of the conditions. */
  readonly which: number
  /** Beside `main` there is one more branch. */
  readonly branch: 'main' | 'dev'
}

const row: fc.Arbitrary<Row> = fc.record(
  {
    id: fc.integer({ min: -5, max: 30 }),
    name: fc.option(fc.string({ unit: 'grapheme', maxLength: 24 })),
    fare: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0.5 : n + 0.25))),
    at: fc.option(fc.date({ min: new Date('1960-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })),
    flag: fc.option(fc.boolean()),
  },
  { requiredKeys: ['id'] },
)

const step: fc.Arbitrary<Step> = fc.record({
  operation: fc.constantFrom('append', 'append', 'replace', 'overwrite', 'merge', 'insert', 'refresh', 'delete'),
  rows: fc.array(row, { maxLength: 8 }),
  which: fc.nat({ max: 6 }),
  branch: fc.constantFrom('main', 'main', 'dev'),
})

/** The columns that partitions come from are in the first load. */
const first: Step = {
  operation: 'append',
  which: 0,
  branch: 'main',
  rows: [{ id: 0, name: 'first', at: new Date('2026-01-01T12:00:00.500Z'), fare: 1.5, flag: true }],
}

const partitionings: fc.Arbitrary<readonly PartitionBy[]> = fc.constantFrom(
  [],
  [day('at')],
  ['name'],
  [bucket('id', 3)],
  ['flag', truncate('id', 10)],
)

const conditions: readonly { readonly where: Row; readonly keep: (row: Row) => boolean; readonly filter: string }[] = [
  { where: { id: 7 }, keep: ({ id }) => id === 7, filter: 'id = 7' },
  {
    where: { id: { gte: 10, lt: 20 } },
    keep: ({ id }) => Number(id) >= 10 && Number(id) < 20,
    filter: 'id >= 10 and id < 20',
  },
  { where: { flag: true }, keep: ({ flag }) => flag === true, filter: 'flag = true' },
  { where: { name: null }, keep: ({ name }) => (name ?? null) === null, filter: 'name is null' },
  { where: { fare: { gt: 0 } }, keep: ({ fare }) => (fare ?? null) !== null && Number(fare) > 0, filter: 'fare > 0' },
  {
    where: { at: { lt: new Date('1970-01-01') } },
    keep: ({ at }) => at instanceof Date && at.getTime() < 0,
    filter: "at < '1970-01-01T00:00:00+00:00'",
  },
  { where: { id: [1, 2, 3] }, keep: ({ id }) => [1, 2, 3].includes(Number(id)), filter: 'id in (1, 2, 3)' },
]

/** Rows without order, nulls, and the columns that Sluice adds: the same for every reader. */
function plain(rows: readonly Row[]): readonly string[] {
  return rows
    .map((each) =>
      Object.entries(withoutOurs(each))
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value]): readonly [string, unknown] => [name, typeof value === 'bigint' ? Number(value) : value])
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    )
    .map((entries) => JSON.stringify(entries))
    .toSorted((a, b) => (a < b ? -1 : 1))
}

interface Played {
  readonly name: string
  readonly metadata: string
  readonly versions: ReadonlyMap<string, readonly Row[]>
  readonly current: readonly Row[]
  readonly dev: readonly Row[]
}

async function play(steps: readonly Step[], partitionBy: readonly PartitionBy[]): Promise<Played> {
  const name = `bronze.m${++count}`
  const versions = new Map<string, readonly Row[]>()
  const branches = new Map<Step['branch'], readonly Row[]>([['dev', first.rows]])
  for (const [i, each] of [first, ...steps].entries()) {
    const before = branches.get(each.branch) ?? []
    const { snapshot } = await take(name, each, partitionBy)
    const after = modelOf(each, before)
    branches.set(each.branch, after)
    if (snapshot !== undefined) versions.set(snapshot, after)
    if (i === 0) await branchOff(name)
  }
  const { pointer } = await tables.view(name)
  const metadata = tables.lake.storage.addressOf(pointer.metadataKey)
  return { name, metadata, versions, current: branches.get('main') ?? [], dev: branches.get('dev') ?? [] }
}

/** What a step does to the table. */
function take(name: string, { operation, rows, which, branch }: Step, partitionBy: readonly PartitionBy[]) {
  const options = { table: { partitionBy }, load: { branch } }
  const { where = {}, keep = () => false } = conditions[which] ?? {}
  switch (operation) {
    case 'append':
    case 'replace':
      return tables.load(operation, name, rows, options)
    case 'overwrite':
      return tables.overwrite(name, rows.filter(keep), where, options)
    case 'delete':
      return tables.delete(name, where, { branch })
    case 'merge':
      return tables.merge(name, lastOfKey(rows), { key: ['id'] }, options)
    case 'insert':
      return tables.merge(name, lastOfKey(rows), { key: ['id'], mode: 'insert-only' }, options)
    default:
      return tables.merge(name, rows, { key: ['id'], mode: 'delete-insert' }, options)
  }
}

/** The same in memory. */
function modelOf({ operation, rows, which }: Step, before: readonly Row[]): readonly Row[] {
  const { keep = () => false } = conditions[which] ?? {}
  const hasKey = (of: readonly Row[]) => (each: Row) => of.some(({ id }) => id === each['id'])
  switch (operation) {
    case 'append':
      return [...before, ...rows]
    case 'replace':
      return rows
    case 'overwrite':
      return [...before.filter((each) => !keep(each)), ...rows.filter(keep)]
    case 'delete':
      return before.filter((each) => !keep(each))
    case 'insert':
      return [...before, ...lastOfKey(rows).filter((each) => !hasKey(before)(each))]
    case 'merge':
      return [...before.filter((each) => !hasKey(rows)(each)), ...lastOfKey(rows)]
    default:
      return [...before.filter((each) => !hasKey(rows)(each)), ...rows]
  }
}

function lastOfKey(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.map((each) => [each['id'], each])).values()]
}

/** The branch begins with what the table holds. */
async function branchOff(name: string): Promise<void> {
  const { snapshot } = await tables.view(name)
  const id = snapshot?.['snapshot-id'] ?? 0n
  await tables.lake.catalog.commit({
    id: `branch ${name}`,
    tables: [
      {
        name,
        requirements: [],
        updates: [{ action: 'set-snapshot-ref', 'ref-name': 'dev', type: 'branch', 'snapshot-id': id }],
      },
    ],
  })
}

describe('any sequence of changes, on two branches', () => {
  test('reads as a table in memory would, at every version, with and without a condition', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 5 }), partitionings, async (steps, partitionBy) => {
        const { name, versions, current, dev } = await play(steps, partitionBy)
        for (const [version, rows] of versions)
          expect(plain(await tables.rows(name, { version: BigInt(version) }))).toEqual(plain(rows))
        expect(plain(await tables.rows(name, { version: 'dev' }))).toEqual(plain(dev))
        for (const { where, keep } of conditions)
          expect(plain(await tables.rows(name, { where })), JSON.stringify(where)).toEqual(plain(current.filter(keep)))
      }),
      { numRuns: runs },
    )
  }, 600_000)

  test('reads the same in icebird', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 3 }), partitionings, async (steps, partitionBy) => {
        const { metadata, current } = await play(steps, partitionBy)
        if (current.length > 0) expect(plain(await icebirdRows(metadata))).toEqual(plain(current))
      }),
      { numRuns: Math.ceil(runs / 2) },
    )
  }, 600_000)

  test.skipIf(pyiceberg === undefined)(
    'reads the same in PyIceberg (SLUICE_PYICEBERG), at every version, with and without a condition',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 5 }), partitionings, async (steps, partitionBy) => {
          const { metadata, versions, current } = await play(steps, partitionBy)
          const snapshots = [...versions]
          const scans = pyicebergScans([
            ...snapshots.map(([snapshot]) => ({ metadata, snapshot })),
            ...conditions.map(({ filter }) => ({ metadata, filter })),
          ])
          for (const [i, [, rows]] of snapshots.entries()) expect(plain(scans[i]?.rows ?? [])).toEqual(plain(rows))
          for (const [i, { keep, filter }] of conditions.entries())
            expect(plain(scans[snapshots.length + i]?.rows ?? []), filter).toEqual(plain(current.filter(keep)))
        }),
        { numRuns: Math.ceil(runs / 3) },
      )
    },
    600_000,
  )
})
