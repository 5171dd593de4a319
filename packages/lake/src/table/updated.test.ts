import { flow, openHome, startRun, task, waitFor } from '@sluice/engine'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contentText, datasetContent } from '../format/dataset-version.ts'
import { rollbackTable } from '../manage/index.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { lakeOf } from './open-lake.ts'
import { table } from './table.ts'
import { updated } from './updated.ts'

let tables: TestTables
beforeAll(async () => {
  tables = await openTestTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

/** What was told of a table, oldest first. */
async function told(name: string): Promise<readonly unknown[]> {
  const { items } = await tables.base.store.listEvents({ name: 'dataset.updated', key: name, limit: 100 })
  return items.map(({ payload }) => JSON.parse(payload ?? 'null') as unknown).toReversed()
}

const version = async (name: string): Promise<string> => contentText(datasetContent((await tables.view(name)).metadata))

test('whoever waits for a table hears of every change of its rows or columns, and of what changed', async () => {
  const first = await tables.load('append', 'a.a', [{ id: 1 }, { id: 2 }])
  const second = await tables.load('replace', 'a.a', [{ id: 3, more: 'x' }])
  await rollbackTable(tables.lake, 'a.a', first.snapshot ?? '')
  const told3 = await told('a.a')
  expect(told3).toMatchObject([
    { table: 'a.a', snapshot: first.snapshot, added: 2, removed: 0, run: null },
    { snapshot: second.snapshot, added: 1, removed: 2 },
    { snapshot: first.snapshot, added: 1, removed: 0 },
  ])
})

test('loads that come in together are told one by one', async () => {
  await tables.load('append', 'a.many', [{ id: 0 }])
  await Promise.all([1, 2, 3].map((id) => tables.load('append', 'a.many', [{ id }])))
  expect(await told('a.many')).toMatchObject([{ added: 1 }, { added: 1 }, { added: 1 }, { added: 1 }])
})

test('nothing is told of what changes no rows on main: no rows, a branch, a tag, the same load again', async () => {
  const { lake } = tables
  const { snapshot } = await tables.load('append', 'a.b', [{ id: 1 }], { load: { id: 'one' } })
  const before = await version('a.b')
  await tables.load('append', 'a.b', [])
  await tables.load('append', 'a.b', [{ id: 1 }], { load: { id: 'one' } })
  const ref = { 'snapshot-id': BigInt(snapshot ?? 0), action: 'set-snapshot-ref' } as const
  const branch = { ...ref, 'ref-name': 'dev', type: 'branch' } as const
  await lake.catalog.commit({ id: 'refs', tables: [{ name: 'a.b', requirements: [], updates: [branch] }] })
  await tables.load('append', 'a.b', [{ id: 2 }], { load: { branch: 'dev' } })
  expect(await told('a.b')).toHaveLength(1)
  expect(await version('a.b')).toBe(before)
})

test('a flow that waits for a table goes on when it moves', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sluice-updated-'))
  const home = await openHome({ home: path.join(directory, '.sluice') })
  const trips = table('bronze.trips')
  const waiting = flow({ name: 'waiting' }, async () => {
    const came = waitFor(updated(trips), { timeout: '20s' })
    // What is journaled after the wait is there when the wait is.
    await task({ name: 'after' }, () => 1)()
    await trips.append([{ id: 1 }], { id: 'late' })
    const { payload, key } = await came
    return { key, added: payload.added }
  })
  expect(await startRun(waiting, undefined, { home })).toEqual({ key: 'bronze.trips', added: 1 })
  await (await lakeOf(home))[Symbol.asyncDispose]()
  await home.close()
  await rm(directory, { recursive: true, force: true })
})
