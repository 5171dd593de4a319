import { SluiceError } from '@sluice/core'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LakeCommit, LoadEntry } from '../catalog/lake-catalog.ts'
import { dropFromLake } from '../upkeep/drop-from-lake.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestLoad, type TestTables } from '../testing/test-lake.testsupport.ts'
import { loadRows } from '../table/load-rows.ts'
import type { LoadResult } from '../table/types.ts'
import { RawLoad } from './raw-load.ts'
import { rawBytes, rawParts } from './read-raw.ts'

// One lake for all of them: each has tables of its own.
let table = ''
let silver = ''
let count = 0
const csv = 'id,fare\n1,2.5\n2,7\n'
let tables: TestTables
let directory: string
beforeAll(async () => {
  tables = await openTestTables()
})
afterAll(() => tables[Symbol.asyncDispose]())
beforeEach(async () => {
  count += 1
  table = `bronze.t${count}`
  silver = `silver.t${count}`
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-raw-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
const load = (from: unknown, options?: TestLoad): Promise<LoadResult> => tables.load('append', table, from, options)
const raw = (id: string): RawLoad => new RawLoad(table, id)
const bytes = async (id: string, n = 0): Promise<Buffer> => buffer(await rawBytes(tables.lake, raw(id), n))
async function keys(): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { key } of tables.lake.storage.list(`raw/${table}/`)) found.push(key)
  return found
}
async function file(name: string, text: string | Uint8Array = csv): Promise<string> {
  const place = path.join(directory, name)
  await writeFile(place, text)
  return place
}
async function entry(id: string): Promise<LoadEntry | undefined> {
  const pointer = await tables.lake.catalog.find(table)
  return pointer && tables.lake.catalog.load(pointer.id, id)
}

describe('what an address answers', () => {
  let server: Server
  let asked = 0
  let body: Uint8Array = gzipSync(csv)
  beforeEach(async () => {
    asked = 0
    body = gzipSync(csv)
    server = createServer((_, response) => {
      asked += 1
      response.setHeader('content-type', 'application/gzip; charset=binary')
      response.end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(() => void server.close())
  const url = (query = ''): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/trips.csv.gz${query}`

  test('is kept as it came, by its hash, and without what is secret of it', async () => {
    await load(url('?token=s3cret&month=1'), { load: { id: 'one' } })
    const [part] = await rawParts(tables.lake, raw('one'))
    expect(part).toMatchObject({
      n: 0,
      source: url(),
      size: body.length,
      sha256: sha256(body),
      mediaType: 'application/gzip',
      state: 'kept',
    })
    expect(part?.key).toMatch(/^raw\/bronze\.t\d+\/one\/[0-9a-f]{12}\/0$/)
    expect(await bytes('one')).toEqual(Buffer.from(body))
    const said = await tables.lake.storage.get(part?.key?.replace(/0$/, 'package.json') ?? '')
    expect(
      Buffer.from(said).toString() +
        JSON.stringify(await entry('one'), (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)),
    ).not.toContain('s3cret')
  })

  test('is loaded again without being asked for again, under what the table asks then', async () => {
    body = Buffer.from('id,fare\n1,2.5\n2,7\n3,\n')
    await load(url(), { load: { id: 'one', format: 'csv' } })
    server.close()
    const again = {
      table: { columns: { fare: { type: 'decimal(9, 2)' } } },
      load: { id: 'again', format: 'csv' },
    } as const
    await tables.load('replace', silver, raw('one'), again)
    expect((await tables.rows(silver)).map(({ fare }) => String(fare))).toEqual(['2.50', '7.00', 'null'])
    expect(asked).toBe(1)
  })

  test('is asked for once when its load is blocked, and published later', async () => {
    const { range } = await import('../checks/check-helpers.ts')
    const checked = { table: { checks: [range('fare', { max: 5 })] }, load: { id: 'one' } }
    await expectCode(load(url(), checked), 'LOAD_BLOCKED')
    await expectCode(load(url(), checked), 'LOAD_BLOCKED')
    expect(asked).toBe(1)
    expect(await bytes('one')).toEqual(Buffer.from(body))
  })

  test('is told by its hash alone where only a reference is wanted', async () => {
    await load(url(), { load: { id: 'one', raw: 'reference' } })
    expect(await rawParts(tables.lake, raw('one'))).toMatchObject([{ state: 'elsewhere', sha256: sha256(body) }])
    expect(await keys()).toEqual([])
    await expectCode(bytes('one'), 'LOAD_RAW_UNAVAILABLE')
  })

  test('of a list goes beside the files of it', async () => {
    const place = await file('a.csv')
    await load([place, url()], { load: { id: 'one' } })
    expect(await rawParts(tables.lake, raw('one'))).toMatchObject([
      { n: 0, address: place, state: 'there' },
      { n: 1, source: url(), state: 'kept' },
    ])
    await tables.load('replace', silver, raw('one'))
    expect(await tables.rows(silver)).toHaveLength(4)
  })

  test('is another one by its query, and the same one by a new signature, where each is taken once', async () => {
    const asKnown = { load: { once: 'path' } } as const
    expect(await load(url('?page=1&sig=a'), asKnown)).toMatchObject({ rows: 2 })
    expect(await load(url('?page=1&sig=b'), asKnown)).toMatchObject({ rows: 0 })
    expect(await load(url('?page=2&sig=b'), asKnown)).toMatchObject({ rows: 2 })
    // What is known by its path is not fetched to find that out.
    expect(asked).toBe(2)
  })

  test('of a table that was dropped is not what a later table of its name goes on from', async () => {
    await load(url(), { load: { id: 'one' } })
    await dropFromLake(tables.lake, table)
    body = gzipSync('id,fare\n9,9\n')
    await load(url(), { load: { id: 'one' } })
    expect(await tables.rows(table)).toEqual([{ id: 9, fare: 9 }])
    expect(await bytes('one')).toEqual(Buffer.from(body))
  })
})

describe('files', () => {
  test('are referred to, and loaded again while they are what they were', async () => {
    const place = await file('a.csv')
    await load(place, { load: { id: 'one' } })
    const known = { n: 0, source: place, address: place, size: csv.length, mediaType: 'text/csv', state: 'there' }
    expect(await rawParts(tables.lake, raw('one'))).toMatchObject([known])
    expect(await keys()).toEqual([])
    expect((await bytes('one')).toString()).toBe(csv)
    await load(raw('one'))
    expect(await tables.rows(table)).toHaveLength(4)
    await appendFile(place, '3,3\n')
    expect(await rawParts(tables.lake, raw('one'))).toMatchObject([{ state: 'changed' }])
    await expectCode(load(raw('one')), 'LOAD_RAW_UNAVAILABLE')
    await rm(place)
    await expectCode(load(raw('one')), 'LOAD_RAW_UNAVAILABLE')
    expect(await tables.rows(table)).toHaveLength(4)
  })

  test('are copied where the table says so, whoever loads them, and whatever becomes of them', async () => {
    const place = await file('a.csv.gz', gzipSync(csv))
    await load(place, { table: { raw: 'copy' }, load: { id: 'one' } })
    await load(place, { load: { id: 'two' } })
    await load(place, { load: { id: 'three', raw: 'none' } })
    await rm(place)
    expect(gunzipSync(await bytes('two')).toString()).toBe(csv)
    expect(await rawParts(tables.lake, raw('three'))).toEqual([])
    await expectCode(load(raw('three')), 'LOAD_RAW_UNAVAILABLE')
    await load(raw('two'), { load: { id: 'four' } })
    expect(await tables.rows(table)).toHaveLength(8)
    // What was loaded again names the copy that there is.
    expect((await entry('four'))?.raw?.[0]?.key).toBe((await entry('two'))?.raw?.[0]?.key)
  })

  test('have rows in the quarantine that say which part they are of, and where in it', async () => {
    const good = await file('a.csv')
    const rows = Array.from({ length: 300 }, (_, id) => `${id},${id}\n`).join('')
    const text = `id,fare\n${rows}7,x\n`
    const bad = await file('b.csv.gz', gzipSync(text))
    await load([good, bad], {
      load: { id: 'one', raw: 'copy', maxRejected: 0.1 },
      table: { columns: { fare: { type: 'double' } } },
    })
    const [row] = await tables.rows(`quarantine.bronze__t${count}`)
    expect(row).toMatchObject({ load_id: 'one', raw_part: 1, raw: '7,x' })
    const at = Number(row?.['byte_offset'])
    expect(
      gunzipSync(await bytes('one', 1))
        .subarray(at, at + 3)
        .toString(),
    ).toBe('7,x')
  })
})

describe('rows from code', () => {
  function* rows(): Generator<object> {
    yield { id: 1, at: new Date(0), big: 2n ** 70n }
  }

  test('are kept as lines of JSON, and are loaded again as what they were', async () => {
    await load(rows(), { load: { id: 'one' } })
    expect((await bytes('one')).toString()).toBe(
      '{"id":1,"at":"1970-01-01T00:00:00.000Z","big":1180591620717411303424}\n',
    )
    await tables.load('append', silver, raw('one'))
    expect(await tables.rows(silver)).toEqual(await tables.rows(table))
  })

  test('of an array are kept when that is said', async () => {
    await load([{ id: 1 }], { load: { id: 'one' } })
    expect(await rawParts(tables.lake, raw('one'))).toEqual([])
    await load([{ id: 1 }], { load: { id: 'two', raw: 'copy' } })
    expect((await bytes('two')).toString()).toBe('{"id":1}\n')
  })

  test('cannot be referred to; a table that only refers keeps nothing of them', async () => {
    await expectCode(load(rows(), { load: { raw: 'reference' } }), 'OPTION_INVALID')
    await load(rows(), { table: { raw: 'reference' }, load: { id: 'one' } })
    expect(await rawParts(tables.lake, raw('one'))).toEqual([])
    expect(await keys()).toEqual([])
  })

  test('are not loaded from a copy that is not what was kept', async () => {
    await load(rows(), { load: { id: 'one' } })
    await writeFile(tables.lake.storage.addressOf((await entry('one'))?.raw?.[0]?.key ?? ''), '{"id":7}\n')
    await expectCode(load(raw('one')), 'LOAD_RAW_UNAVAILABLE')
  })
})

test('a generator that was read is not taken for one without rows when what it gave was taken away', async () => {
  const { lake } = tables
  await load([{ id: 0 }])
  const rows = [{ id: 1 }].values()
  let commits = 0
  // The first commit is overtaken, and the same load is given up elsewhere.
  const catalog = new Proxy(lake.catalog, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'commit') return member.bind(target) as unknown
      return async (commit: LakeCommit) => {
        if (++commits > 1) return target.commit(commit)
        await lake.storage.delete(await keys())
        throw new SluiceError('LAKE_COMMIT_CONFLICT', { reason: 'another was first' })
      }
    },
  })
  const again = { table, operation: 'append', source: rows, tableOptions: {}, options: {}, loadId: 'one' } as const
  await expectCode(loadRows({ ...again, lake: { ...lake, catalog }, context: undefined }), 'LOAD_SOURCE_UNREADABLE')
  expect(await tables.rows(table)).toEqual([{ id: 0 }])
})

test('a package that names what is not its own is not gone on from', async () => {
  const { storage } = tables.lake
  await storage.put(`raw/${table}/one/0123456789ab/0`, '{"id":7}\n')
  const part = { key: `raw/${table}/one/0123456789ab/0`, size: 9, sha256: sha256('{"id":7}\n'), receivedAt: 0 }
  const entries = [
    { part: { n: '../../x', ...part, rows: { records: 1, kinds: [['id', 1]] } }, mode: 'copy', sealed: true },
  ]
  const said = { table, loadId: 'one', at: Date.now(), kept: true, text: 'rows', entries }
  await storage.put(`raw/${table}/one/0123456789ab/package.json`, JSON.stringify(said))
  await load([{ id: 1 }].values(), { load: { id: 'one' } })
  expect(await tables.rows(table)).toEqual([{ id: 1 }])
})

test('what is kept of a load is asked of a load that there is', async () => {
  await expectCode(rawParts(tables.lake, raw('one')), 'TABLE_NOT_FOUND')
  await load([{ id: 1 }])
  await expectCode(rawParts(tables.lake, raw('one')), 'LOAD_RAW_UNAVAILABLE')
  await expectCode(load(raw('one')), 'LOAD_RAW_UNAVAILABLE')
})

test.each(['../../etc', '..', 'a/b', 'x'.repeat(300), 'é\n', ''])(
  'a load called %j keeps what it gets inside of the lake',
  async (id) => {
    await load([{ id: 1 }].values(), { load: { id } })
    const [part] = await rawParts(tables.lake, raw(id))
    expect(part).toMatchObject({ state: 'kept' })
    expect(part?.key).toMatch(/^raw\/bronze\.t\d+\/[\w.-]+\/[0-9a-f]{12}\/0$/)
  },
)
