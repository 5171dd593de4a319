import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type DeathPoint, DyingProcess } from '../catalog/dying-process.testsupport.ts'
import { openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { createLake, type EmbeddedLake } from '../catalog/embedded-lake.testsupport.ts'
import { verifyLake } from '../catalog/verify-lake.ts'
import type { LakeCommit } from '../catalog/lake-catalog.ts'
import { platform } from '../platform.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'
import type { OpenLake } from '../table/lake.ts'
import { writeAnnouncements } from './announced-writes.ts'
import { liveFiles } from './live-files.ts'
import { sweepLake } from './sweep-lake.ts'

const day = 86_400_000
/** The lake as it is some time later. */
const later = ({ lake }: TestTables, ms: number): OpenLake => ({
  ...lake,
  platform: { ...platform, now: () => Date.now() + ms },
})

/** What one process does: a table with a row that does not fit, an append, and a merge. */
async function work(tables: TestTables): Promise<void> {
  const options = { table: { key: ['id'], maxRejected: 0.9 } }
  await tables.load('append', 'a.t', [{ id: 1, n: 1 }], { ...options, load: { id: 'one' } })
  await tables.load(
    'append',
    'a.t',
    [
      { id: 2, n: 2 },
      { id: 3, n: 'x' },
    ],
    { ...options, load: { id: 'two' } },
  )
  await tables.load('replace', 'a.t', [{ id: 4, n: 4 }], { ...options, load: { id: 'three' } })
}

/** Data files, manifests and lists of the lake that no version of a table has. */
async function nobodys(lake: OpenLake): Promise<readonly string[]> {
  const found: string[] = []
  const live = new Map<string, Awaited<ReturnType<typeof liveFiles>>>()
  for await (const { key } of lake.storage.list('')) {
    const [namespace = '', of = ''] = key.split('/')
    if (namespace === 'lake.json' || /\.(?:committed|metadata\.json)$/.test(key)) continue
    if (namespace === '_upkeep') {
      found.push(key)
      continue
    }
    const directory = `${namespace}/${of}`
    const table = `${namespace}.${of.replace(/-[^-]*$/, '')}`
    const reached = live.get(directory) ?? (await liveFiles(lake, { table, directory, announced: true }))
    live.set(directory, reached)
    if (reached?.has(key) !== true) found.push(key)
  }
  return found
}

async function killedAt(point: DeathPoint | undefined): Promise<number> {
  await using base = await createLake()
  const process = new DyingProcess(point)
  const storage = process.watch(base.storage, ['put', 'putFile', 'delete'])
  const store = process.watch(base.store, ['commitLake', 'initSetting'])
  await workAs(base, storage, store).catch((error: unknown) => {
    if (point === undefined) throw error
  })
  await using tables = tablesOf(base, base.catalog, base.storage)
  const where = `${point?.mode} step ${point?.at}`
  await sweepLake(later(tables, day - 60_000))
  const rows = async (): Promise<readonly object[]> => ((await base.catalog.find('a.t')) ? tables.rows('a.t') : [])
  const before = await rows()
  await sweepLake(later(tables, day + 60_000))
  expect(await rows(), where).toEqual(before)
  expect(await verifyLake(tables.lake), where).toMatchObject({ problems: [] })
  await work(tables)
  expect(await rows(), where).toEqual([{ id: 4, n: 4 }])
  await sweepLake(later(tables, day + 60_000))
  expect(await nobodys(tables.lake), where).toEqual([])
  return process.steps
}

async function workAs(
  base: EmbeddedLake,
  storage: EmbeddedLake['storage'],
  store: EmbeddedLake['store'],
): Promise<void> {
  await using tables = tablesOf(base, await openEmbeddedCatalog(store, storage, { patienceMs: 20 }), storage)
  await work(tables)
}

describe('what writers leave', () => {
  test('is nothing when all goes well', async () => {
    await using tables = await openTestTables()
    await work(tables)
    expect(await writeAnnouncements(tables.lake.storage)).toEqual([])
    expect(await nobodys(tables.lake)).toEqual([])
  })

  test('when they are killed at any step (RUNS: at all of them) is swept a day later, and no file of a table with it', async () => {
    const steps = await killedAt(undefined)
    expect(steps).toBeGreaterThan(20)
    const every = process.env['RUNS'] === undefined ? 13 : 1
    for (let at = 1; at <= steps; at += every)
      for (const mode of ['before', 'after'] as const) await killedAt({ at, mode })
  }, 120_000)

  test('when a load is refused is announced until it is swept', async () => {
    await using tables = await openTestTables()
    await tables.load('append', 'a.t', [{ id: 1 }], { load: { id: 'one' } })
    const refusing = new Proxy(tables.lake.catalog, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (name === 'commit') return () => Promise.reject(new Error('refused'))
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    })
    await using refused = tablesOf(tables.base, refusing, tables.lake.storage)
    await expect(refused.load('append', 'a.t', [{ id: 2 }])).rejects.toThrow('refused')
    expect(await sweepLake(later(tables, 2 * day), { dryRun: true })).toMatchObject({ left: 2 })
    expect(await nobodys(tables.lake)).toHaveLength(3)
    expect(await sweepLake(later(tables, 2 * day))).toMatchObject({ left: 2 })
    expect(await nobodys(tables.lake)).toEqual([])
    expect(await tables.rows('a.t')).toEqual([{ id: 1 }])
  })
})

describe('a writer that stands still for more than a day before it commits', () => {
  /** As if it had been stopped there: others have swept meanwhile. */
  async function stalled(tables: TestTables): Promise<TestTables> {
    let stalls = 1
    const catalog = new Proxy(tables.lake.catalog, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name !== 'commit') return member.bind(target) as unknown
        return async (commit: LakeCommit) => {
          if (stalls-- > 0) expect(await sweepLake(later(tables, 2 * day))).toMatchObject({ left: expect.any(Number) })
          return target.commit(commit)
        }
      },
    })
    return tablesOf(tables.base, catalog, tables.lake.storage)
  }

  test('writes its files again: the table has its rows, and none of the files that were swept', async () => {
    await using tables = await openTestTables()
    for (const make of [
      (one: TestTables) => one.load('append', 'a.t', [{ id: 1, n: 1 }]),
      (one: TestTables) => one.load('append', 'a.t', [{ id: 2, n: 2 }]),
      (one: TestTables) => one.merge('a.t', [{ id: 2, n: 3 }], { key: ['id'] }),
      (one: TestTables) => one.load('append', 'a.t', [{ id: 3, n: 3 }], { table: { key: ['id'] } }),
    ]) {
      await using late = await stalled(tables)
      await make(late)
      expect(await verifyLake(tables.lake)).toMatchObject({ problems: [] })
    }
    const rows = (await tables.rows('a.t')).toSorted((a, b) => Number(a['id']) - Number(b['id']))
    expect(rows).toEqual([
      { id: 1, n: 1 },
      { id: 2, n: 3 },
      { id: 3, n: 3 },
    ])
  })

  test('is told so where it does not try again, and has changed nothing', async () => {
    await using tables = await openTestTables()
    await tables.load('append', 'a.t', [{ id: 1 }, { id: 2 }])
    await using late = await stalled(tables)
    await expectCode(late.delete('a.t', { id: 1 }), 'LAKE_COMMIT_CONFLICT')
    expect(await verifyLake(tables.lake)).toMatchObject({ problems: [] })
    expect(await tables.rows('a.t')).toHaveLength(2)
    expect(await late.delete('a.t', { id: 1 })).toMatchObject({ deleted: 1 })
  })
})

test('staged files of processes that are gone are swept, and what is kept there stays', async () => {
  await using tables = await openTestTables()
  const { staging } = tables.lake.storage
  for (const name of ['write-old', 'load-young', 'mirror']) {
    await mkdir(path.join(staging, name), { recursive: true })
    await writeFile(path.join(staging, name, 'rows.parquet'), 'x')
  }
  const old = new Date(Date.now() - 2 * day)
  for (const name of ['write-old', 'mirror'])
    for (const place of [path.join(staging, name, 'rows.parquet'), path.join(staging, name)])
      await utimes(place, old, old)
  expect(await sweepLake(tables.lake)).toMatchObject({ staged: 1 })
  expect((await readdir(staging)).filter((name) => name !== 'duckdb').toSorted()).toEqual(['load-young', 'mirror'])
})

test('a lake of another catalogue is not swept', async () => {
  await using tables = await openTestTables()
  await tables.load('append', 'a.t', [{ id: 1 }])
  const said = { directory: 'a/t-00000000', at: 0, prefix: 'x', snapshots: [] }
  await tables.lake.storage.put('_upkeep/a/t-00000000/x.writes.json', JSON.stringify(said))
  await using other = await createLake()
  const catalog = await openEmbeddedCatalog(other.store, tables.lake.storage)
  await expectCode(sweepLake({ ...tables.lake, catalog }), 'LAKE_FOREIGN_CATALOG')
})
