import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import type { LakeCommit } from './lake-catalog.ts'
import { findingsSuite } from './catalog-findings.testsuite.ts'
import { leaseSuite } from './catalog-lease.testsuite.ts'
import { ledgerSuite } from './catalog-ledger.testsuite.ts'
import { lineageSuite } from './catalog-lineage.testsuite.ts'
import { searchSuite } from './catalog-search.testsuite.ts'
import { dropSuite } from './drop-table.testsuite.ts'
import { appending, appendRows, createTable, creation, type Lake, readRows } from './test-table.testsupport.ts'

/** A lake for one test. */
export interface TestLake extends Lake, AsyncDisposable {
  /** The lake as another process has it. */
  open(): Promise<Lake>
  /** A run under way, and what takes it over. */
  startRun(): Promise<{ readonly owner: NonNullable<LakeCommit['owner']>; takeOver(): Promise<void> }>
}

export interface CatalogHarness {
  create(): Promise<TestLake>
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${index + 100}`)

/** What every catalogue of a lake promises. */
export function catalogSuite(harness: CatalogHarness): void {
  findingsSuite(harness)
  leaseSuite(harness)
  ledgerSuite(harness)
  lineageSuite(harness)
  searchSuite(harness)
  dropSuite(harness)

  describe('tables', () => {
    test('are made, found, listed, and read by others', async () => {
      await using lake = await harness.create()
      expect(await lake.catalog.list()).toEqual([])
      expect(await lake.catalog.find('bronze.trips')).toBeUndefined()
      const made = await createTable(lake, 'bronze.trips')
      expect(made).toMatchObject({ name: 'bronze.trips', version: 1 })
      await createTable(lake, 'silver.trips')
      await createTable(lake, 'bronze.zones')
      const other = await lake.open()
      const names = async (query?: object): Promise<string[]> =>
        (await other.catalog.list(query)).map(({ name }) => name)
      expect(await names()).toEqual(['bronze.trips', 'bronze.zones', 'silver.trips'])
      expect(await names({ namespace: 'bronze' })).toEqual(['bronze.trips', 'bronze.zones'])
      expect(await names({ prefix: 'silver.t' })).toEqual(['silver.trips'])
      expect(await other.catalog.find('bronze.trips')).toEqual(made)
      expect(await other.catalog.metadata(made)).toMatchObject({ 'table-uuid': made.id, 'current-schema-id': 0 })
      expect(await readRows(other, 'bronze.trips')).toEqual([])
    })

    test('are refused under a name that is none, twice, or when there is none', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      for (const name of ['trips', 'A.b', 'a.b.c', '../a.b', "a.b'; drop", ''])
        await expectCode(lake.catalog.find(name), 'TABLE_NAME_INVALID')
      const commit = (tables: LakeCommit['tables']): Promise<unknown> =>
        lake.catalog.commit({ id: randomUUID(), tables })
      await expectCode(commit([creation(lake, 'a.b')]), 'TABLE_EXISTS')
      await expectCode(commit([await appending(lake, { ...table, name: 'a.c' }, ['x'])]), 'TABLE_NOT_FOUND')
      await expectCode(commit([{ ...creation(lake, 'a.d'), name: 'a/d' }]), 'TABLE_NAME_INVALID')
      await expectCode(commit([creation(lake, 'a.d'), creation(lake, 'a.d')]), 'LAKE_COMMIT_INVALID')
      await expectCode(commit([{ ...creation(lake, 'a.d'), directory: 'elsewhere' }]), 'LAKE_COMMIT_INVALID')
      expect(await lake.catalog.list()).toHaveLength(1)
    })
  })

  describe('an append', () => {
    test('goes on top of what is there, counts it, and leaves older snapshots as they were', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      await appendRows(lake, table, ['1', '2'])
      const { tables } = await appendRows(lake, table, ['3'])
      expect(tables).toMatchObject([{ id: table.id, version: 3 }])
      expect(await lake.catalog.find('a.b')).toEqual(tables[0])
      const other = await lake.open()
      expect(await readRows(other, 'a.b')).toEqual(['1', '2', '3'])
      const metadata = await other.catalog.metadata(tables[0] ?? table)
      const [first, second] = metadata.snapshots ?? []
      expect(metadata).toMatchObject({ 'last-sequence-number': 2, 'current-snapshot-id': second?.['snapshot-id'] })
      expect(metadata['metadata-log']).toHaveLength(2)
      expect(second).toMatchObject({
        'parent-snapshot-id': first?.['snapshot-id'],
        'sequence-number': 2,
        'schema-id': 0,
      })
      expect(second?.summary).toMatchObject({
        operation: 'append',
        'added-records': '1',
        'total-records': '3',
        'total-data-files': '2',
      })
      expect(await readRows(other, 'a.b', first?.['snapshot-id'])).toEqual(['1', '2'])
    })

    test('may make its table in the same commit, and several tables in one', async () => {
      await using lake = await harness.create()
      const [a, b] = [creation(lake, 'a.a'), creation(lake, 'b.b')]
      const withRows = async (change: typeof a, rows: string[]): Promise<typeof a> => ({
        ...change,
        ...(await appending(lake, { name: change.name, directory: String(change.directory) }, rows)),
        requirements: change.requirements,
        updates: change.updates,
      })
      const id = randomUUID()
      const receipt = await lake.catalog.commit({ id, tables: [await withRows(a, ['1']), await withRows(b, ['2'])] })
      expect(receipt.tables.map(({ name, version }) => [name, version])).toEqual([
        ['a.a', 1],
        ['b.b', 1],
      ])
      expect([await readRows(lake, 'a.a'), await readRows(lake, 'b.b')]).toEqual([['1'], ['2']])
    })

    test('to a branch needs the branch, and leaves main alone', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      await appendRows(lake, table, ['1'])
      const change = await appending(lake, table, ['2'])
      const append = change.append && { ...change.append, branch: 'audit' }
      const tables = [{ ...change, ...(append && { append }) }]
      await expectCode(lake.catalog.commit({ id: randomUUID(), tables }), 'LAKE_COMMIT_CONFLICT')
      const pointer = (await lake.catalog.find('a.b')) ?? table
      const main = (await lake.catalog.metadata(pointer))['current-snapshot-id'] ?? 0n
      const updates = [
        { action: 'set-snapshot-ref', 'ref-name': 'audit', type: 'branch', 'snapshot-id': main } as const,
      ]
      await lake.catalog.commit({ id: randomUUID(), tables: [{ ...change, ...(append && { append }), updates }] })
      expect(await readRows(lake, 'a.b')).toEqual(['1'])
      expect(await readRows(lake, 'a.b', append?.snapshotId)).toEqual(['1', '2'])
    })

    test('of a partition spec or a schema that the table does not have is refused', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      const change = await appending(lake, table, ['1'])
      const wrong = [
        { schemaId: 7 },
        { manifests: (change.append?.manifests ?? []).map((manifest) => Object.assign({}, manifest, { specId: 3 })) },
        { snapshotId: 5n },
      ]
      for (const fields of wrong) {
        const tables = [{ ...change, ...(change.append && { append: { ...change.append, ...fields } }) }]
        await expectCode(lake.catalog.commit({ id: randomUUID(), tables }), 'LAKE_COMMIT_INVALID')
      }
      expect((await lake.catalog.find('a.b'))?.version).toBe(1)
    })
  })

  describe('a commit', () => {
    test('that comes again, later or at the same time, is made once and has the same receipt', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      const commit = { id: randomUUID(), tables: [await appending(lake, table, ['1'])] }
      const other = await lake.open()
      const together = await Promise.all([lake, lake, other].map(({ catalog }) => catalog.commit(commit)))
      await appendRows(lake, table, ['2'])
      const again = await other.catalog.commit(commit)
      expect(again.repeated).toBe(true)
      for (const { tables } of together) expect(tables).toEqual(again.tables)
      expect(await readRows(lake, 'a.b')).toEqual(['1', '2'])
    })

    test('that comes again is no conflict, though what it required does not hold any more', async () => {
      await using lake = await harness.create()
      const commit = { id: randomUUID(), tables: [creation(lake, 'a.b')] }
      const { tables } = await lake.catalog.commit(commit)
      expect(await lake.catalog.commit(commit)).toEqual({ tables, repeated: true })
    })

    test('whose requirements do not hold is refused whole, with the table and the requirement', async () => {
      await using lake = await harness.create()
      const [a, b] = [await createTable(lake, 'a.a'), await createTable(lake, 'b.b')]
      const requirement = { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 77n } as const
      const tables = [await appending(lake, a, ['1']), await appending(lake, b, ['2'], { requirements: [requirement] })]
      const refused = lake.catalog.commit({ id: randomUUID(), tables })
      await expect(refused).rejects.toMatchObject({ code: 'LAKE_COMMIT_CONFLICT', details: { table: 'b.b' } })
      expect([await readRows(lake, 'a.a'), await readRows(lake, 'b.b')]).toEqual([[], []])
      const other = { type: 'assert-table-uuid', uuid: randomUUID() } as const
      const wrong = [await appending(lake, a, ['1'], { requirements: [other] })]
      await expectCode(lake.catalog.commit({ id: randomUUID(), tables: wrong }), 'LAKE_COMMIT_CONFLICT')
    })

    test('of a run that another process has taken over is refused', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      const run = await lake.startRun()
      await appendRows(lake, table, ['1'], { owner: run.owner })
      await run.takeOver()
      await expectCode(appendRows(lake, table, ['2'], { owner: run.owner }), 'RUN_FENCED')
      await appendRows(lake, table, ['3'])
      expect(await readRows(lake, 'a.b')).toEqual(['1', '3'])
    })
  })

  describe('appends that wait for each other', () => {
    test('are made together, in their order, and none is lost', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      const rows = numbered(40)
      const receipts = await Promise.all(rows.map((row) => appendRows(lake, table, [row])))
      expect(await readRows(lake, 'a.b')).toEqual(rows)
      const version = Math.max(...receipts.map(({ tables }) => tables[0]?.version ?? 0))
      expect(version).toBeLessThan(20)
      const metadata = await lake.catalog.metadata((await lake.catalog.find('a.b')) ?? table)
      expect(metadata['last-sequence-number']).toBe(40)
      const numbers = metadata.snapshots?.map((snapshot) => snapshot['sequence-number'])
      expect(numbers).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
    })

    test('are not held up by one that is refused', async () => {
      await using lake = await harness.create()
      const [table, run] = [await createTable(lake, 'a.b'), await lake.startRun()]
      await run.takeOver()
      const requirement = { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 77n } as const
      const bad = [await appending(lake, table, ['bad'], { requirements: [requirement] })]
      const refused = { id: randomUUID(), tables: bad }
      const good = await Promise.all(['1', '2', '3'].map((row) => appending(lake, table, [row])))
      const results = await Promise.allSettled([
        ...good.slice(0, 2).map((change) => lake.catalog.commit({ id: randomUUID(), tables: [change] })),
        lake.catalog.commit(refused),
        appendRows(lake, table, ['fenced'], { owner: run.owner }),
        ...good.slice(2).map((change) => lake.catalog.commit({ id: randomUUID(), tables: [change] })),
      ])
      expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, false, true])
      await expectCode(lake.catalog.commit(refused), 'LAKE_COMMIT_CONFLICT')
      expect(await readRows(lake, 'a.b')).toEqual(['1', '2', '3'])
    })

    test('in several processes all come in', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      const lakes = [lake, await lake.open(), await lake.open()]
      const rows = numbered(30)
      await Promise.all(rows.map((row, index) => appendRows(lakes[index % 3] ?? lake, table, [row])))
      for (const each of lakes) expect(await readRows(each, 'a.b')).toEqual(rows)
    })
  })
}
