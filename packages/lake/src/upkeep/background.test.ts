import { afterEach, beforeEach, expect, test } from 'vitest'
import { platform } from '../platform.ts'
import { openTestTables, tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'
import { tendInBackground } from './background.ts'
import { tendTable } from './tend-table.ts'

let tables: TestTables
let now: number
beforeEach(async () => {
  tables = await openTestTables()
  now = Date.now()
})
afterEach(() => tables[Symbol.asyncDispose]())

interface Tended {
  readonly load: (table: string) => Promise<unknown>
  readonly settled: () => Promise<void>
  readonly done: string[]
  readonly told: string[]
}

function tended(tend: (table: string) => Promise<void>): Tended {
  const [done, told]: [string[], string[]] = [[], []]
  const lake = { ...tables.lake, platform: { ...platform, now: () => now } }
  const background = tendInBackground(lake, {
    tend: async (_lake, table) => {
      done.push(table)
      await tend(table)
    },
    tell: (problem) => told.push(problem),
  })
  const writer = tablesOf(tables.base, background.catalog, tables.lake.storage)
  return { load: (table) => writer.load('append', table, [{ id: 1 }]), settled: background.settled, done, told }
}

test('a table is looked after when it gets a version, and then not for an hour', async () => {
  const { load, settled, done } = tended(async () => undefined)
  for (const table of ['a.b', 'a.b', 'a.c', 'a.b']) await load(table)
  await settled()
  expect(done).toEqual(['a.b', 'a.c'])
  now += 3_600_000
  await load('a.b')
  await settled()
  expect(done).toEqual(['a.b', 'a.c', 'a.b'])
})

test('a load never fails by it, nor waits for it: what goes wrong is told', async () => {
  const gate = Promise.withResolvers<void>()
  const { load, settled, told } = tended(() => gate.promise)
  await load('a.b')
  await load('a.b')
  gate.reject(new Error('the disk is full'))
  await settled()
  expect(told).toEqual(['The upkeep of the table a.b failed: the disk is full'])
  expect(await tables.rows('a.b')).toHaveLength(2)
})

test('it forgets what is too old, and deletes it an hour later', async () => {
  const lake = { ...tables.lake, platform: { ...platform, now: () => now } }
  for (const id of [1, 2]) await tables.load('replace', 'a.b', [{ id }])
  await tendTable(lake, 'a.b')
  expect((await tables.view('a.b')).metadata.snapshots).toHaveLength(2)
  now += 6 * 86_400_000
  await tendTable(lake, 'a.b')
  const { metadata, pointer } = await tables.view('a.b')
  expect(metadata.snapshots).toHaveLength(1)
  const files = async (): Promise<number> => {
    let count = 0
    for await (const _file of lake.storage.list(`${pointer.directory}/data/`)) count += 1
    return count
  }
  expect(await files()).toBe(2)
  now += 3_600_001
  await tendTable(lake, 'a.b')
  expect(await files()).toBe(1)
  await tendTable(lake, 'a.nothing')
})
