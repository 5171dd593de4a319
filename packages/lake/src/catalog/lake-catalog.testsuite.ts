import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import type { LakeCommit, LoadEntry } from './lake-catalog.ts'
import { findingsSuite } from './catalog-findings.testsuite.ts'
import { leaseSuite } from './catalog-lease.testsuite.ts'
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

const counts = { records: 1, loaded: 1, quarantined: 0, discarded: 0, filtered: 0 }
const loadOf = (id: string, fields: Partial<LoadEntry> = {}): LoadEntry => ({
  id,
  branch: 'main',
  operation: 'append',
  state: 'committed',
  snapshotId: 9_223_372_036_854_775_807n,
  source: 'a.csv',
  counts,
  ...fields,
})

/** What every catalogue of a lake promises. */
export function catalogSuite(harness: CatalogHarness): void {
  findingsSuite(harness)
  leaseSuite(harness)
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

  describe('the ledger', () => {
    test('keeps a load with what it counted, and takes it once', async () => {
      await using lake = await harness.create()
      const [table, run] = [await createTable(lake, 'a.b'), await lake.startRun()]
      const raw = [
        {
          n: 0,
          key: 'raw/a.b/one/0123456789ab/0',
          size: 9,
          sha256: 'ab'.repeat(32),
          receivedAt: 1.5,
          mediaType: 'application/x-ndjson',
          rows: { records: 1, kinds: [['id', 1]] },
        },
        {
          n: 1,
          source: 'ä.csv',
          address: '/data/ä.csv',
          size: 2 ** 40,
          modifiedAt: 1_767_225_600_000.25,
          receivedAt: 2,
        },
      ] as const
      const load = loadOf('one', { cursor: { max: '2026' }, raw })
      const commit = async (row: string, of: LoadEntry): Promise<unknown> =>
        lake.catalog.commit({
          id: randomUUID(),
          owner: run.owner,
          tables: [await appending(lake, table, [row], { load: of })],
        })
      await commit('1', load)
      await commit('2', loadOf('two'))
      const found = await lake.catalog.load(table.id, 'one')
      expect(found).toEqual({ ...load, ...ownerOf(run.owner), at: expect.any(Number) })
      expect(await lake.catalog.load(table.id, 'none')).toBeUndefined()
      expect((await lake.catalog.loads(table.id)).map(({ id }) => id)).toEqual(['two', 'one'])
      expect(await lake.catalog.loads(table.id, { limit: 1 })).toHaveLength(1)
      await expectCode(commit('3', load), 'LOAD_EXISTS')
      expect(await readRows(lake, 'a.b')).toEqual(['1', '2'])
    })

    test('lets a file be taken by one load of a table and branch', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      const commit = async (row: string, files: readonly string[]): Promise<unknown> =>
        lake.catalog.commit({
          id: randomUUID(),
          tables: [await appending(lake, table, [row], { load: loadOf(row), files })],
        })
      await commit('1', ['x', 'y'])
      await expectCode(commit('2', ['y', 'z']), 'LOAD_EXISTS')
      expect([...(await lake.catalog.loadedFiles(table.id, 'main', ['w', 'x', 'y', 'z']))].toSorted()).toEqual([
        'x',
        'y',
      ])
      expect((await lake.catalog.loadedFiles(table.id, 'dev', ['x'])).size).toBe(0)
      expect(await readRows(lake, 'a.b')).toEqual(['1'])
    })
  })

  describe('lineage', () => {
    test('goes from what a task read, through what it wrote, to what was made of that', async () => {
      await using lake = await harness.create()
      const [a, b] = [await createTable(lake, 'a.a'), await createTable(lake, 'b.b')]
      const { owner } = await lake.startRun()
      const { epoch: _, ...task } = owner
      const record = { ...task, direction: 'read', dataset: 'postgres://db/orders', detail: { rows: 3 } } as const
      await lake.catalog.recordLineage([record, { ...record, dataset: 'c.c', snapshotId: 7n }])
      await lake.catalog.recordLineage([record])
      await appendRows(lake, a, ['1'], { owner })
      await appendRows(lake, b, ['1'], { reads: [{ dataset: 'a.a', snapshotId: 8n }] })
      const graph = await lake.catalog.lineage({ dataset: 'b.b', direction: 'upstream' })
      const run = { runId: owner.rootId, taskRunId: owner.taskRunId }
      expect(graph).toMatchObject({ dataset: 'b.b', direction: 'upstream', cut: false })
      expect(graph.links.toSorted((one, other) => one.from.localeCompare(other.from))).toMatchObject([
        { from: 'a.a', fromSnapshot: '8', to: 'b.b', writes: 1 },
        { from: 'c.c', fromSnapshot: '7', to: 'a.a', ...run },
        { from: 'postgres://db/orders', to: 'a.a', ...run },
      ])
      expect((await lake.catalog.lineage({ dataset: 'b.b', direction: 'upstream', depth: 1 })).links).toHaveLength(1)
      const down = await lake.catalog.lineage({ dataset: 'c.c', direction: 'downstream' })
      expect(down.links.map(({ from, to }) => [from, to])).toEqual([
        ['c.c', 'a.a'],
        ['a.a', 'b.b'],
      ])
      await expectCode(lake.catalog.lineage({ dataset: 'x.x', direction: 'upstream' }), 'TABLE_NOT_FOUND')
    })
  })

  describe('search', () => {
    test('finds what has all words: by name first, then by columns, then by what is said, page by page', async () => {
      await using lake = await harness.create()
      await createTable(lake, 'bronze.fares')
      for (const [name, comment] of [
        ['gold.revenue', 'Fares per month\nof the Riders'],
        ['bronze.ids', 'all of them'],
      ] as const) {
        const made = creation(lake, name)
        const said = {
          action: 'set-properties',
          updates: { comment, owner: 'Ada', 'sluice.tags': '["money"]' },
        } as const
        await lake.catalog.commit({ id: randomUUID(), tables: [{ ...made, updates: [...made.updates, said] }] })
      }
      await lake.catalog.putView({
        name: 'gold.ids',
        query: 'select id from gold.revenue',
        description: 'Fares of ids',
      })
      const found = async (text: string): Promise<string[]> =>
        (await lake.catalog.search({ text })).items.map(({ kind, name }) => `${kind} ${name}`)
      expect(await found('FARES')).toEqual(['table bronze.fares', 'view gold.ids', 'table gold.revenue'])
      // By column: the one that is called so comes first.
      expect(await found('id')).toEqual([
        'table bronze.ids',
        'view gold.ids',
        'table bronze.fares',
        'table gold.revenue',
      ])
      expect(await found('ada money riders month')).toEqual(['table gold.revenue'])
      expect(await found('fares nothing')).toEqual([])
      expect(await found('%')).toEqual([])
      const first = await lake.catalog.search({ text: 'fares', limit: 2 })
      const rest = await lake.catalog.search({ text: 'fares', limit: 2, after: String(first.next) })
      expect([first.items.length, rest.items.map(({ name }) => name), rest.next]).toEqual([2, ['gold.revenue'], null])
      expect(rest.items[0]?.about).toBe('ada fares per month of the riders money')
      await expectCode(lake.catalog.search({ text: ' ' }), 'OPTION_INVALID')
    })

    test('knows what was said last', async () => {
      await using lake = await harness.create()
      await createTable(lake, 'a.b')
      const say = (comment: string): Promise<unknown> =>
        lake.catalog.commit({
          id: randomUUID(),
          tables: [{ name: 'a.b', requirements: [], updates: [{ action: 'set-properties', updates: { comment } }] }],
        })
      await say('apples')
      await say('pears')
      expect((await lake.catalog.search({ text: 'apples' })).items).toEqual([])
      expect((await lake.catalog.search({ text: 'pears' })).items).toEqual([
        { kind: 'table', name: 'a.b', about: 'pears' },
      ])
    })

    test('finds files of filesets by what the commit says, until they are gone', async () => {
      await using lake = await harness.create()
      await createTable(lake, 'raw.contracts')
      const say = (searchText: string | null): Promise<unknown> => {
        const found = [{ fileset: 'raw.contracts', name: 'acme.pdf', searchText }]
        const tables = [{ name: 'raw.contracts', requirements: [], updates: [] }]
        return lake.catalog.commit({ id: randomUUID(), tables, found })
      }
      await say('acme.pdf\n\nsigned 2026')
      expect((await lake.catalog.search({ text: 'signed acme' })).items).toEqual([
        { kind: 'file', name: 'raw.contracts', file: 'acme.pdf', about: 'signed 2026' },
      ])
      await say(null)
      expect((await lake.catalog.search({ text: 'acme' })).items).toEqual([])
    })
  })

  describe('views', () => {
    test('are made, changed, listed and taken away; no table has the name of one', async () => {
      await using lake = await harness.create()
      await createTable(lake, 'a.trips')
      const made = await lake.catalog.putView({ name: 'a.big', query: 'select 1' })
      expect(await lake.catalog.view('a.big')).toEqual(made)
      await lake.catalog.putView({ name: 'a.big', query: 'select 2', description: 'Big ones' })
      const other = await lake.open()
      expect(await other.catalog.views()).toMatchObject([
        { ...made, query: 'select 2', description: 'Big ones', updatedAt: expect.any(String) },
      ])
      expect(await other.catalog.views('b.')).toEqual([])
      await expectCode(lake.catalog.putView({ name: 'a.trips', query: 'select 1' }), 'TABLE_EXISTS')
      await expectCode(createTable(lake, 'a.big'), 'TABLE_EXISTS')
      await expectCode(lake.catalog.putView({ name: '../x', query: 'select 1' }), 'TABLE_NAME_INVALID')
      expect([await lake.catalog.dropView('a.big'), await lake.catalog.dropView('a.big')]).toEqual([true, false])
      expect(await lake.catalog.view('a.big')).toBeUndefined()
    })
  })
}

const ownerOf = ({ rootId, taskRunId }: NonNullable<LakeCommit['owner']>): Partial<LoadEntry> => ({
  rootId,
  ...(taskRunId !== undefined && { taskRunId }),
})
