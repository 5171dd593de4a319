import type { AttemptContext } from '@sluice/engine'
import { type FakeBucketServer, startFakeGcs, startFakeS3 } from '@sluice/testing'
import { promises as fs } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { createLake, type EmbeddedLake } from '../catalog/embedded-lake.testsupport.ts'
import { verifyLake } from '../catalog/verify-lake.ts'
import { RawLoad } from '../raw/raw-load.ts'
import { queryHost } from '../sql/query-host.ts'
import { createRelation } from '../sql/relation.ts'
import { sqlText } from '../sql/sql-text.ts'
import { openTestBucket } from '../storage/test-bucket.testsupport.ts'
import { dyingStorage } from '../testing/dying-storage.testsupport.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'
import { loadRows } from './load-rows.ts'

describe.each([
  ['S3', 's3', startFakeS3],
  ['Google Cloud Storage', 'gs', startFakeGcs],
] as const)('tables in a bucket of %s', (_, scheme, start) => {
  let server: FakeBucketServer
  let directory = ''
  beforeEach(async () => {
    server = await start()
    directory = await fs.mkdtemp(path.join(tmpdir(), 'sluice-bucket-'))
  })
  afterEach(async () => {
    await server[Symbol.asyncDispose]()
    await fs.rm(directory, { recursive: true })
  })

  const placeOf = (prefix: string): string => `${scheme}://${server.bucket}/${prefix}?endpoint=${server.endpoint}`
  const tables = (base: EmbeddedLake): TestTables => tablesOf(base, base.catalog, base.storage)
  const sum = async (at: TestTables): Promise<unknown> => {
    const sql = sqlText(['select sum(n) as n from ', ''], [{ name: 'bronze.t' }])
    return (await createRelation<{ n: number }>(sql, () => queryHost(at.lake, undefined)).all())[0]?.n
  }

  test('are written, read and queried, whatever goes wrong on the way, and hold every file', async () => {
    await using base = await createLake(undefined, placeOf('prod/lake'))
    await using here = tables(base)
    for (const on of ['put', 'get', 'head'] as const)
      for (const fault of ['lost', 'busy', 'throttled'] as const) server.fail({ on, fault, times: 2 })
    await here.load('append', 'bronze.t', [{ n: 1 }, { n: 2 }])
    await here.load('append', 'bronze.t', [{ n: 3 }])
    expect(await here.rows('bronze.t')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(await sum(here)).toBe(6)
    await here.load('replace', 'bronze.t', [{ n: 10 }])
    expect(await sum(here)).toBe(10)
    expect(await verifyLake({ catalog: base.catalog, storage: base.storage })).toMatchObject({ problems: [] })
    const { metadata } = await here.view('bronze.t')
    expect(metadata.location).toMatch(new RegExp(`^${scheme}://lake/prod/lake/bronze/t-[0-9a-f]{8}$`))
  })

  test('are loaded, on another machine, from what a source gave before its load was interrupted', async () => {
    await using base = await createLake(undefined, placeOf('lake'))
    await using here = tables(base)
    const storage = await openTestBucket(placeOf('lake'), path.join(directory, 'there'))
    await using there = tablesOf(base, await openEmbeddedCatalog(base.store, storage), storage)
    let asked = 0
    async function* rows(): AsyncGenerator<object> {
      asked += 1
      yield { n: asked }
    }
    const lost = {
      signal: new AbortController().signal,
      busy: () => ({ [Symbol.dispose]: () => undefined }),
      requireOpen: () => undefined,
      requireOwned: () => Promise.reject(new Error('the lease is lost')),
    } as unknown as AttemptContext
    const load = { table: 'bronze.t', operation: 'append', tableOptions: {}, options: {}, loadId: 'one' } as const
    await expect(loadRows({ ...load, lake: here.lake, source: rows(), context: lost })).rejects.toThrow('lease')
    await loadRows({ ...load, lake: there.lake, source: rows(), context: undefined })
    expect([asked, await there.rows('bronze.t')]).toEqual([1, [{ n: 1 }]])
    await there.load('append', 'bronze.t', new RawLoad('bronze.t', 'one'))
    expect(await here.rows('bronze.t')).toEqual([{ n: 1 }, { n: 1 }])
  })

  test('are read by another machine, which asks for each file once', async () => {
    await using base = await createLake(undefined, placeOf('lake'))
    await using here = tables(base)
    await here.load('append', 'bronze.t', [{ n: 1 }])
    const storage = await openTestBucket(placeOf('lake'), path.join(directory, 'there'))
    await using there = tablesOf(base, await openEmbeddedCatalog(base.store, storage), storage)
    server.faults.asked.length = 0
    expect(await there.rows('bronze.t')).toEqual([{ n: 1 }])
    const first = server.faults.asked.filter(({ on }) => on === 'get').map(({ key }) => path.extname(key))
    expect(first.toSorted()).toEqual(['.avro', '.avro', '.json', '.parquet'])
    server.faults.asked.length = 0
    expect(await there.rows('bronze.t')).toEqual([{ n: 1 }])
    expect(await sum(there)).toBe(1)
    expect(server.faults.asked.filter(({ on }) => on === 'get')).toEqual([])
    expect(await fs.readdir(path.join(directory, 'there', 'pins'))).toEqual([])
  })

  test('that do not fit into the cache are not begun to be read; what is left out by a condition need not fit', async () => {
    await using base = await createLake(undefined, placeOf('lake'))
    await using here = tables(base)
    await here.load('append', 'bronze.t', [{ n: 1 }])
    await here.load('append', 'bronze.t', [{ n: 2 }])
    const files = server.objects.list('lake/', '', 1000).keys.filter((key) => key.endsWith('.parquet'))
    const sizes = files.map((key) => server.objects.get(key)?.body.length ?? 0)
    const storage = await openTestBucket(placeOf('lake'), path.join(directory, 'there'), Math.max(...sizes))
    await using there = tablesOf(base, await openEmbeddedCatalog(base.store, storage), storage)
    server.faults.asked.length = 0
    await expectCode(there.rows('bronze.t'), 'LAKE_CACHE_TOO_SMALL')
    await expectCode(sum(there), 'LAKE_CACHE_TOO_SMALL')
    expect(server.faults.asked.filter(({ key }) => key.endsWith('.parquet'))).toEqual([])
    expect(await there.rows('bronze.t', { where: { n: 2 } })).toHaveLength(1)
  })

  // What a bucket is made no difference to: once is enough.
  if (scheme === 's3')
    test('are whole after a writer died at any step, and the load is done once when it is done again', async () => {
      const loads = async (lake: EmbeddedLake, storage: EmbeddedLake['storage']): Promise<void> => {
        await using at = tablesOf(lake, await openEmbeddedCatalog(lake.store, storage, { patienceMs: 50 }), storage)
        await at.load('append', 'bronze.t', [{ n: 1 }], { load: { id: 'one' } })
        await at.load('append', 'bronze.t', [{ n: 2 }], { load: { id: 'two' } })
      }
      for (let step = 0; ; step += 1) {
        const when = step % 2 === 0 ? 'before' : 'after'
        await using base = await createLake(undefined, placeOf(`step-${step}`))
        const dying = dyingStorage(base.storage, step, when)
        const died = await loads(base, dying).then(
          () => false,
          () => true,
        )
        const again = await openTestBucket(placeOf(`step-${step}`), path.join(directory, String(step)))
        await loads(base, again)
        const storage = await openTestBucket(placeOf(`step-${step}`), path.join(directory, `${step}-read`))
        await using there = tablesOf(base, await openEmbeddedCatalog(base.store, storage), storage)
        expect(await there.rows('bronze.t'), `${when} write ${step}`).toEqual([{ n: 1 }, { n: 2 }])
        if (!died && dying.writes <= step) break
      }
    })
})
