import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import type { LakeCommit, LoadEntry } from './lake-catalog.ts'
import type { CatalogHarness } from './lake-catalog.testsuite.ts'
import { appending, createTable, readRows } from './test-table.testsupport.ts'

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

const ownerOf = ({ rootId, taskRunId }: NonNullable<LakeCommit['owner']>): Partial<LoadEntry> => ({
  rootId,
  ...(taskRunId !== undefined && { taskRunId }),
})

/** What a catalogue remembers of loads and of the files that they took. */
export function ledgerSuite(harness: CatalogHarness): void {
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
}
