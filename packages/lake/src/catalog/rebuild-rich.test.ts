import { flow, openHome, type OpenHome, startRun, task } from '@sluice/engine'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { notNull, range } from '../checks/check-helpers.ts'
import { fileset } from '../fileset/fileset.ts'
import { describeTable } from '../manage/describe-table.ts'
import { listTables } from '../manage/list-tables.ts'
import { describeQuarantine } from '../manage/quarantine.ts'
import { reindexFilesets } from '../manage/reindex-filesets.ts'
import { schemaVersions } from '../manage/schema-versions.ts'
import { tableChecks } from '../manage/table-checks.ts'
import { tableVersions } from '../manage/table-versions.ts'
import { listReleases } from '../release/release-tables.ts'
import type { OpenLake } from '../table/lake.ts'
import { lakeOf } from '../table/open-lake.ts'
import { lake, table } from '../table/table.ts'
import { openHomeLake } from './open-server-lake.ts'
import { rebuildCatalog } from './rebuild-catalog.ts'
import { verifyLake } from './verify-lake.ts'
import { keepViewFile } from './view-files.ts'

let directory: string
let home: OpenHome

const zones = table('bronze.zones', { key: ['id'], description: 'Where', tags: ['geo'] })
const trips = table('bronze.trips', {
  owner: 'data@example.org',
  key: ['id'],
  references: { zone: zones.col('id') },
  columns: { fare: { type: 'double', description: 'in dollars', sensitive: true } },
  checks: [notNull('zone'), range('fare', { min: 0 })],
  maxRejected: 0.5,
})
const contracts = fileset('raw.contracts', { owner: 'legal@example.org' })

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-rebuild-'))
  home = await openHome({ home: path.join(directory, '.sluice') })
})
afterAll(async () => {
  await home.close()
  await rm(directory, { recursive: true, force: true })
})

const inRun = <T>(body: () => Promise<T>): Promise<T> =>
  startRun(flow({ name: 'f' }, body), undefined, { home }) as Promise<T>

/** Everything that can be listed of a lake, but for the moments that only the database knew to the microsecond. */
async function everything(opened: OpenLake): Promise<unknown> {
  const { catalog } = opened
  const tables = await listTables(opened)
  const each = await Promise.all(
    tables.map(async ({ name }) => ({
      details: await describeTable(opened, name),
      schemas: await schemaVersions(opened, name),
      versions: await tableVersions(opened, name),
      checks: await tableChecks(opened, name),
      snapshots: await snapshotsOf(opened, name),
      from: await catalog.lineage({ dataset: name, direction: 'upstream' }),
      to: await catalog.lineage({ dataset: name, direction: 'downstream' }),
      done: (await catalog.audit?.({ dataset: name }))?.items.filter(({ did }) => did !== 'read'),
    })),
  )
  const found = await catalog.search({ text: 'e' })
  const files = await contracts.list()
  const quarantine = await describeQuarantine(opened, 'bronze.trips', {})
  const all = {
    tables,
    each,
    views: await catalog.views(),
    releases: await listReleases(opened),
    found,
    files,
    quarantine,
  }
  return JSON.parse(
    JSON.stringify(all, (key, value: unknown) => {
      if (key === 'at') return 'then'
      // The index of a fileset is written anew, as a version of its metadata without other rows.
      const { name } = (value ?? {}) as { readonly name?: unknown }
      return name === 'raw.contracts' ? { ...(value as object), updatedAt: 'then', metadataLocation: 'then' } : value
    }),
  )
}

/** As the catalogue has them, with who made them. */
async function snapshotsOf({ catalog }: OpenLake, name: string): Promise<readonly object[]> {
  const { items } = await home.store.listLakeSnapshots((await catalog.find(name))?.id ?? '', { limit: 100 })
  return items.map(({ committedAt: _, ...snapshot }) => snapshot)
}

async function fill(): Promise<void> {
  await zones.append([{ id: 1, name: 'Centre' }])
  await task({ name: 'load' }, async () => void (await trips.append([{ id: 1, zone: 1, fare: 5 }], { id: 'first' })))()
  await trips.append(
    [
      { id: 2, zone: 1, fare: 7 },
      { id: 3, zone: 1, fare: 'much' },
    ],
    { id: 'second' },
  )
  await expect(trips.append([{ id: 4, zone: 1, fare: -1 }], { id: 'refund' })).rejects.toMatchObject({
    code: 'LOAD_BLOCKED',
  })
  const dear = await lake.view('gold.dear', lake.sql`select * from ${trips} where fare > 6`, {
    description: 'Dear ones',
  })
  await lake.view('gold.gone', 'select 1 as a')
  await (await lakeOf(home)).catalog.dropView('gold.gone')
  await task({ name: 'sum' }, async () => {
    await table('gold.fares').replace(lake.sql`select sum(fare) as fares from ${dear}`)
  })()
  await contracts.put('acme.txt', new TextEncoder().encode('We agree.'), { metadata: { party: 'Acme' } })
  await lake.release('one', [zones, trips])
}

test('a lake whose database is lost is rebuilt with everything that can be listed of it', async () => {
  await inRun(fill)
  const first = await lakeOf(home)
  const before = await inRun(async () => everything(first))
  await first[Symbol.asyncDispose]()
  await home.close()
  for (const end of ['', '-wal', '-shm']) await rm(path.join(home.dir, `sluice.db${end}`), { force: true })
  home = await openHome({ home: path.join(directory, '.sluice') })
  const { catalog, storage } = await openHomeLake(home)
  const report = await rebuildCatalog(home.store, storage)
  expect(report).toMatchObject({ views: ['gold.dear'], skipped: [] })
  expect(await verifyLake({ catalog, storage })).toMatchObject({ views: 1, problems: [] })
  await expect(rebuildCatalog(home.store, storage)).rejects.toMatchObject({ code: 'LAKE_CATALOG_NOT_EMPTY' })
  await catalog.adopt()
  const again = await lakeOf(home)
  await reindexFilesets(again)
  const after = await inRun(async () => everything(again))
  expect(after).toEqual(before)
  // The blocked load is still to be published or dropped, and what was loaded is not loaded again.
  await inRun(async () => {
    expect(await trips.append([{ id: 1, zone: 1, fare: 5 }], { id: 'first' })).toMatchObject({ rows: 1 })
    await trips.drop('refund')
    await expect(trips.publish('refund')).rejects.toMatchObject({ code: expect.any(String) })
    expect(await lake.sql`select count(*) as n from gold.dear`.all()).toEqual([{ n: 1 }])
  })
})

test('a view whose file does not say what the catalogue says is told by verify, and mended by adopt', async () => {
  const { catalog, storage } = await openHomeLake(home)
  const problems = async (): Promise<readonly string[]> =>
    (await verifyLake({ catalog, storage })).problems.map(({ table: name, problem }) => `${name}: ${problem}`)
  await storage.put('_views/gold.dear.json', 'cut')
  await storage.put('_views/gold.none.json', '{')
  expect((await problems()).toSorted()).toEqual([
    expect.stringContaining('gold.dear: it is no view'),
    expect.stringContaining('gold.dear: the file does not say what the catalogue says'),
    expect.stringContaining('gold.none: it is no view'),
  ])
  await catalog.adopt()
  await storage.delete(['_views/gold.none.json'])
  expect(await problems()).toEqual([])
  await catalog.drop('bronze.trips')
  expect(await problems()).toEqual(['gold.dear: its query names bronze.trips, which is not there'])
})

test('of two who change a view at once the file says what the catalogue says', async () => {
  const { storage } = await openHomeLake(home)
  const { store } = home
  const said = { description: null, reads: [], searchText: '', createdBy: 'ada' }
  const put = async (query: string): Promise<unknown> => store.putLakeView({ name: 'gold.raced', query, ...said })
  await put('select 1')
  let asked = 0
  // Another one changes the view after the first has looked, and before it has written.
  const racing = {
    findLakeView: async (name: string) => {
      const found = await store.findLakeView(name)
      if (asked++ === 0) {
        await put('select 2')
        await keepViewFile({ store, storage }, name)
      }
      return found
    },
  }
  await keepViewFile({ store: racing, storage }, 'gold.raced')
  expect(new TextDecoder().decode(await storage.get('_views/gold.raced.json'))).toContain('select 2')
  await store.deleteLakeView('gold.raced')
  await keepViewFile({ store, storage }, 'gold.raced')
  expect(await storage.head('_views/gold.raced.json')).toBeUndefined()
})
