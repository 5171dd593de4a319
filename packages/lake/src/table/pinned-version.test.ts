import { flow, openHome, type OpenHome, startRun, task } from '@sluice/engine'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tagTable } from '../manage/index.ts'
import { lakeOf } from './open-lake.ts'
import { versionForCache } from './pinned-version.ts'
import { lake, table } from './table.ts'

let directory: string
let home: OpenHome
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-pinned-'))
  home = await openHome({ home: path.join(directory, '.sluice') })
})
afterAll(async () => {
  await (await lakeOf(home))[Symbol.asyncDispose]()
  await home.close()
  await rm(directory, { recursive: true, force: true })
})

const inRun = <T>(body: () => Promise<T>): Promise<T> =>
  startRun(flow({ name: 'f' }, body), undefined, { home }) as Promise<T>

test('a result that is cached by a table is used until the table moves', async () => {
  const trips = table('a.trips')
  let ran = 0
  const count = task({ name: 'count', cache: { by: () => [trips] } }, async () => {
    ran += 1
    return (await lake.sql<{ n: number }>`select count(*) as n from ${trips}`.all())[0]?.n
  })
  await inRun(() => trips.append([{ id: 1 }]))
  expect([await inRun(async () => count()), await inRun(async () => count())]).toEqual([1, 1])
  await inRun(() => trips.append([]))
  await tagTable(await lakeOf(home), 'a.trips', 'audited')
  expect([await inRun(async () => count()), ran]).toEqual([1, 1])
  await inRun(() => trips.append([{ id: 2 }]))
  expect([await inRun(async () => count()), ran]).toEqual([2, 2])
})

test('the task reads the version that its key says, however the table moves meanwhile', async () => {
  const [trips, zones] = [table('b.trips'), table('b.zones')]
  const seen = task({ name: 'seen', cache: { by: (_: number) => [trips] } }, async (_: number) => {
    await trips.append([{ id: 2 }], { id: 'meanwhile' })
    await zones.append([{ id: 2 }], { id: 'meanwhile' })
    let rows = 0
    for await (const _row of trips.rows()) rows += 1
    const sql = await lake.sql<{ t: number; z: number }>`
      select (select count(*) from ${trips}) as t, (select count(*) from ${zones}) as z`.all()
    const main = await lake.sql<{ n: number }>`select count(*) as n from ${trips.at('main')}`.all()
    return { rows, files: (await trips.files()).length, ...sql[0], main: main[0]?.n }
  })
  await inRun(() => trips.append([{ id: 1 }]))
  await inRun(() => zones.append([{ id: 1 }]))
  expect(await inRun(async () => seen(1))).toEqual({ rows: 1, files: 1, t: 1, z: 2, main: 2 })
})

test('a version of a table that is named is its own key, and a table that is not there is none', async () => {
  const opened = await lakeOf(home)
  const before = await versionForCache(opened, 'b.trips', 'main')
  expect(before.pin).toBeUndefined()
  expect((await versionForCache(opened, 'b.trips', undefined)).pin).toBeDefined()
  expect(await versionForCache(opened, 'b.none', undefined)).toEqual({ key: 'b.none none' })
})
