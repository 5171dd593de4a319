import { expect, test } from 'vitest'
import { range } from '../checks/check-helpers.ts'
import { platform } from '../platform.ts'
import { RawLoad } from '../raw/raw-load.ts'
import { rawParts } from '../raw/read-raw.ts'
import { replayRows } from '../table/replay-rows.ts'
import { dropLoad } from '../table/settle-load.ts'
import type { OpenLake } from '../table/lake.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestLoad, type TestTables } from '../testing/test-lake.testsupport.ts'
import { dropFromLake } from './drop-from-lake.ts'
import { expireRaw } from './expire-raw.ts'
import { finishDeletions } from './finish-deletions.ts'
import { tendTable } from './tend-table.ts'

const table = 'bronze.t'
const day = 86_400_000
const later = ({ lake }: TestTables, days: number): OpenLake => ({
  ...lake,
  platform: { ...platform, now: () => Date.now() + days * day },
})
const load = async (
  tables: TestTables,
  id: string,
  rows: readonly object[],
  options: TestLoad = {},
): Promise<unknown> => tables.load('append', table, rows.values(), { ...options, load: { ...options.load, id } })
async function states(tables: TestTables, ...ids: readonly string[]): Promise<readonly unknown[]> {
  const all = await Promise.all(ids.map((id) => rawParts(tables.lake, new RawLoad(table, id))))
  return all.map(([part]) => part?.state)
}
/** The next load looks after it; what is planned then goes an hour later. */
async function tend(tables: TestTables, days: number): Promise<void> {
  await tendTable(later(tables, days), table)
  await tendTable(later(tables, days + 0.1), table)
}

test('what sources gave goes after thirty days, or after what the table says', async () => {
  await using tables = await openTestTables()
  await load(tables, 'one', [{ id: 1 }])
  await tend(tables, 29)
  expect(await states(tables, 'one')).toEqual(['kept'])
  await tend(tables, 31)
  expect(await states(tables, 'one')).toEqual(['gone'])
  await load(tables, 'two', [{ id: 2 }], { table: { retainRaw: '2d' } })
  await tend(tables, 1.5)
  expect(await states(tables, 'two')).toEqual(['kept'])
  await tend(tables, 40)
  expect(await states(tables, 'two')).toEqual(['gone'])
  expect(await tables.rows(table)).toHaveLength(2)
})

test('what is planned to go can be read for another hour, and is told before', async () => {
  await using tables = await openTestTables()
  await load(tables, 'one', [{ id: 1 }])
  const lake = later(tables, 31)
  expect(await expireRaw(lake, { dryRun: true })).toMatchObject({ files: 2 })
  expect(await expireRaw(lake)).toMatchObject({ files: 2 })
  expect(await expireRaw(lake)).toEqual({ files: 0, bytes: 0 })
  expect(await finishDeletions(lake, { graceMs: 3_600_000 })).toEqual({ deleted: 0, waiting: 2 })
  expect(await states(tables, 'one')).toEqual(['kept'])
  expect(await finishDeletions(lake, { graceMs: 0 })).toEqual({ deleted: 2, waiting: 0 })
})

test('what a blocked load or an open row of the quarantine came from stays until that is settled', async () => {
  await using tables = await openTestTables()
  const rows = Array.from({ length: 200 }, (_, id) => ({ id: String(id), fare: String(id) }))
  const typed = { table: { columns: { fare: { type: 'long' } }, checks: [range('fare', { max: 500 })] } }
  await load(tables, 'partly', [...rows, { id: 'x', fare: 'x' }], typed)
  await expectCode(load(tables, 'blocked', [{ id: '1', fare: '501' }], typed), 'LOAD_BLOCKED')
  await load(tables, 'fine', rows, typed)
  await tend(tables, 400)
  expect(await states(tables, 'partly', 'blocked', 'fine')).toEqual(['kept', 'kept', 'gone'])
  const options = { fix: () => ({ id: 'x', fare: '7' }) }
  await replayRows({ lake: tables.lake, table, tableOptions: {}, options, context: undefined })
  await dropLoad({ lake: tables.lake, table, loadId: 'blocked', context: undefined })
  await tend(tables, 800)
  expect(await states(tables, 'partly', 'blocked')).toEqual(['gone', 'gone'])
})

test('what was planned to go and is needed since stays', async () => {
  await using tables = await openTestTables()
  const rows = Array.from({ length: 200 }, (_, id) => ({ id, fare: id }))
  await load(tables, 'one', [...rows, { fare: 7 }])
  const lake = later(tables, 31)
  await expireRaw(lake)
  // Loaded again by a key, which one of the rows has not.
  const again = await tables.merge(table, new RawLoad(table, 'one'), { key: ['id'] }, { load: { id: 'again' } })
  expect(again).toMatchObject({ rejected: 1 })
  expect(await finishDeletions(lake, { graceMs: 0 })).toEqual({ deleted: 0, waiting: 0 })
  expect(await states(tables, 'one')).toEqual(['kept'])
})

test('of a table that was dropped it goes with its age, or with the files of the table', async () => {
  await using tables = await openTestTables()
  await load(tables, 'one', [{ id: 1 }])
  await dropFromLake(tables.lake, table)
  expect(await finishDeletions(later(tables, 29), { graceMs: 0 })).toMatchObject({ deleted: 0 })
  expect(await finishDeletions(later(tables, 31), { graceMs: 0 })).toMatchObject({ deleted: 3 })
  await load(tables, 'one', [{ id: 1 }])
  await dropFromLake(tables.lake, table, { purge: true, grace: 0 })
  const left: string[] = []
  for await (const { key } of tables.lake.storage.list('raw/')) left.push(key)
  expect(left).toEqual([])
})
