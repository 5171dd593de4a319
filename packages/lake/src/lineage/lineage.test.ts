import { flow, openHome, type OpenHome, startRun, task } from '@sluice/engine'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { actingFor } from '../catalog/embedded-catalog.ts'
import { openHomeLake } from '../catalog/open-server-lake.ts'
import { tagTable } from '../manage/tag-table.ts'
import { previewTable } from '../manage/preview-table.ts'
import { queryLake } from '../manage/query-lake.ts'
import { lakeOf } from '../table/open-lake.ts'
import { lake, table } from '../table/table.ts'
import { asset } from './asset.ts'

let directory: string
let home: OpenHome
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-lineage-'))
  home = await openHome({ home: path.join(directory, '.sluice') })
})
afterAll(async () => {
  await (await lakeOf(home))[Symbol.asyncDispose]()
  await home.close()
  await rm(directory, { recursive: true, force: true })
})

const inRun = <T>(body: () => Promise<T>): Promise<T> =>
  startRun(flow({ name: 'f' }, body), undefined, { home }) as Promise<T>

test('what a task reads is recorded once for each version, however it reads it', async () => {
  const trips = table('a.trips')
  await inRun(async () => {
    await trips.append([{ id: 1 }])
    await task({ name: 'read' }, async () => {
      for (let times = 0; times < 3; times += 1) for await (const _ of trips.rows()) continue
      await Promise.all([trips.files(), trips.metadataLocation(), lake.sql`select * from ${trips}`.all()])
      for await (const _ of trips.rows()) break
    })()
  })
  const reads = (await home.store.listLakeLineage({ dataset: 'a.trips', limit: 9 })).items.filter(
    ({ direction }) => direction === 'read',
  )
  expect(reads).toMatchObject([{ snapshotId: expect.stringMatching(/^\d+$/), taskRunId: expect.any(String) }])
})

test('what is read outside of runs is nobody’s lineage', async () => {
  const { catalog } = await lakeOf(home)
  await previewTable(await lakeOf(home), 'a.trips', { limit: 1 })
  expect((await catalog.lineage({ dataset: 'a.trips', direction: 'downstream' })).links).toEqual([])
  await expect(asset('postgres://db/x').read()).rejects.toMatchObject({ code: 'OUTSIDE_RUN' })
})

test('what is read, changed and dropped is in the audit log, with who did it', async () => {
  const trips = table('c.trips')
  await inRun(() => trips.append([{ id: 1 }]))
  const opened = await lakeOf(home)
  const { catalog } = opened
  for (let times = 0; times < 3; times += 1) await previewTable(opened, 'c.trips', { limit: 1 })
  await queryLake(opened, 'select * from c.trips').all()
  await tagTable(opened, 'c.trips', 'audited')
  await catalog.drop('c.trips')
  const items = (await catalog.audit?.({ dataset: 'c.trips' }))?.items ?? []
  expect(items.map(({ did }) => did).toSorted()).toEqual(['change', 'drop', 'read', 'write'])
  const { username } = userInfo()
  for (const { did, by, runId, snapshot, detail } of items) {
    expect(by).toBe(username)
    expect(runId !== undefined).toBe(did === 'write')
    expect(snapshot !== undefined).toBe(did === 'read' || did === 'write')
    if (did === 'change') expect(detail).toEqual({ changes: [expect.stringMatching(/^audited is at \d+$/)] })
  }
  const theirs = actingFor((await openHomeLake(home)).catalog, 'token ci')
  await theirs.recordLooks?.([{ dataset: 'c.trips' }])
  expect((await catalog.audit?.({ limit: 1 }))?.items).toMatchObject([{ did: 'read', by: 'token ci' }])
})

test('a dataset that nobody has heard of has no lineage, and the error says which one was meant', async () => {
  const { catalog } = await lakeOf(home)
  for (const dataset of ['a.tripz', 'postgres://db/none'])
    await expect(catalog.lineage({ dataset, direction: 'upstream' })).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
  await expect(catalog.lineage({ dataset: 'a.tripz', direction: 'upstream' })).rejects.toThrow(
    "did you mean 'a.trips'?",
  )
  expect((await catalog.lineage({ dataset: 'a.trips', direction: 'upstream' })).links).toEqual([])
})

test('a table that is made from itself and others comes from the others', async () => {
  const [a, b] = [table('b.a'), table('b.b')]
  await inRun(async () => {
    await a.append([{ id: 1 }])
    await b.append([{ id: 2 }])
    await a.replace(lake.sql`select id from ${a} union all select id from ${b}`)
    await b.replace(lake.sql`select id from ${a}`)
    const { links } = await lake.lineage(a, { depth: 9 })
    expect(links.map(({ from, to }) => `${from} > ${to}`).toSorted()).toEqual(['b.a > b.b', 'b.b > b.a'])
    await expect(lake.lineage(a, { depth: 0 })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})

test.each([
  [
    'postgres://ada:s3cret@db.example.org:5432/shop/orders?password=s3cret#s3cret',
    'postgres://db.example.org:5432/shop/orders',
  ],
  ['https://ada@example.org/a b', 'https://example.org/a%20b'],
  ['s3://bucket/key', 's3://bucket/key'],
  ['file:///data/x.csv', 'file:///data/x.csv'],
])('the asset %s keeps no secret', (url, name) => {
  expect(asset(url).name).toBe(name)
})

test.each(['orders', '', '/data/x.csv', 'jdbc:postgres://ada:s3cret@db/x'])('%s is no asset', (url) => {
  expect(() => asset(url)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
})

test('what is said of a write is checked', async () => {
  await inRun(async () => {
    await expect(asset('s3://b/k').wrote({ rows: -1 })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(asset('s3://b/k').wrote({ row: 1 } as object)).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' })
  })
})
