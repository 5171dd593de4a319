import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { CheckFinding, NewIncident } from './findings.ts'
import type { CatalogHarness } from './lake-catalog.testsuite.ts'
import type { LoadEntry } from './lake-catalog.ts'
import { appending, appendRows, createTable, readRows } from './test-table.testsupport.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'

const finding = (snapshotId: string, name: string, fields: Partial<CheckFinding> = {}): CheckFinding => ({
  snapshotId,
  name,
  severity: 'block',
  outcome: 'failed',
  failing: 2,
  message: '2 rows are empty',
  samples: [{ id: null, name: '********' }],
  loadId: 'l',
  ...fields,
})

const incident = (loadId: string): NewIncident => ({
  id: randomUUID(),
  kind: 'blocked',
  loadId,
  snapshotId: '7',
  message: 'not-null(id)',
  detail: { checks: ['not-null(id)'] },
})

const load: LoadEntry = {
  id: 'l',
  branch: 'main',
  operation: 'append',
  state: 'staged',
  snapshotId: 7n,
  source: 'a.csv',
  counts: { records: 1, loaded: 1, quarantined: 0, discarded: 0, filtered: 0 },
}

/** What a catalogue remembers of checks and incidents, and what staged loads need of it. */
export function findingsSuite(harness: CatalogHarness): void {
  describe('what was found', () => {
    test('is kept and read, alone and with a commit', async () => {
      await using lake = await harness.create()
      const { owner } = await lake.startRun()
      const { id: tableId, name } = await createTable(lake, 'a.b')
      await lake.catalog.recordChecks(tableId, [finding('7', 'x'), finding('7', 'y', { failing: null, message: null })])
      const opened = incident('l')
      const change = { name, requirements: [], updates: [], load: { ...load, state: 'blocked' as const } }
      await lake.catalog.commit({
        id: randomUUID(),
        owner,
        tables: [{ ...change, checks: [finding('8', 'x')], incident: opened }],
      })
      const other = await lake.open()
      const { items } = await other.catalog.checks(tableId, { snapshot: '7' })
      expect(items).toMatchObject([finding('7', 'x'), finding('7', 'y', { failing: null, message: null })])
      const page = await other.catalog.checks(tableId, { limit: 1 })
      expect(page.items).toMatchObject([{ ...finding('8', 'x'), runId: owner.rootId }])
      expect((await other.catalog.checks(tableId, { after: String(page.next) })).items).toHaveLength(2)
      const found = await other.catalog.incidents({ table: name, state: 'open' })
      expect(found).toMatchObject({
        items: [{ ...opened, table: name, state: 'open', runId: owner.rootId }],
        next: null,
      })
      await lake.catalog.commit({
        id: randomUUID(),
        owner,
        tables: [{ ...change, load: { ...load, state: 'published' }, resolved: { loadId: 'l', note: 'published' } }],
      })
      expect(await other.catalog.incident(opened.id)).toMatchObject({
        state: 'resolved',
        closedBy: `run ${owner.rootId}`,
        note: 'published',
      })
    })

    test('is one incident however often it is found, until it is resolved', async () => {
      await using lake = await harness.create()
      const first = await lake.catalog.openIncident('a.none', incident('l'))
      expect(await lake.catalog.openIncident('a.none', incident('l'))).toEqual(first)
      expect(await lake.catalog.resolveIncident(first.id, 'seen')).toMatchObject({ state: 'resolved', note: 'seen' })
      expect((await lake.catalog.incidents({ state: 'open' })).items).toEqual([])
      expect(await lake.catalog.incident(randomUUID())).toBeUndefined()
      expect(await lake.catalog.resolveIncident(randomUUID(), null)).toBeUndefined()
    })
  })

  describe('a staged append', () => {
    test('begins its branch anew at what main holds, and adds a schema that main does not have', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      const stage = async (row: string): Promise<bigint> => {
        const change = await appending(lake, table, [row])
        if (change.append === undefined) throw new Error('nothing is appended')
        const field = { id: 2, name: 'more', required: false, type: 'string' } as const
        const old = { id: 1, name: 'id', required: false, type: 'string' } as const
        const schema = { type: 'struct', 'schema-id': 9, fields: [old, field] } as const
        const append = { ...change.append, branch: 'load/x', from: 'main', schemaId: -1 } as const
        const updates = [{ action: 'add-schema', schema }] as const
        await lake.catalog.commit({ id: randomUUID(), tables: [{ ...change, updates, append }] })
        return append.snapshotId
      }
      await stage('1')
      await appendRows(lake, table, ['2'])
      const staged = await stage('3')
      const found = await lake.catalog.find('a.b')
      const metadata = found && (await lake.catalog.metadata(found))
      expect(metadata).toMatchObject({ 'current-schema-id': 0, refs: { 'load/x': { 'snapshot-id': staged } } })
      expect(metadata?.snapshots?.find((one) => one['snapshot-id'] === staged)).toMatchObject({ 'schema-id': 1 })
      expect([await readRows(lake, 'a.b'), await readRows(lake, 'a.b', staged)]).toEqual([['2'], ['2', '3']])
      const change = await appending(lake, table, ['4'])
      const lost = change.append && { ...change.append, schemaId: -1 }
      const commit = { id: randomUUID(), tables: [{ ...change, ...(lost && { append: lost }) }] }
      await expectCode(lake.catalog.commit(commit), 'LAKE_COMMIT_INVALID')
    })
  })
}
