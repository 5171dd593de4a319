import type { Client } from '@sluice/api/client'
import { isSluiceError } from '@sluice/core'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { openAsBlob } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testApp, type TestApp } from './test-app.testsupport.ts'

let server: TestApp
let directory: string
let client: Client
const trips = { table: 'bronze.trips' }
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-lake-api-'))
  server = await testApp()
  client = server.client
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

async function load(id: string, csv: string, query: object = {}, table = 'bronze.trips') {
  const file = path.join(directory, `${id}.csv`)
  await writeFile(file, csv)
  const body = await openAsBlob(file)
  const request = {
    params: { table },
    query: { file: 'trips.csv', ...query },
    body,
    headers: { 'idempotency-key': id },
  }
  return client.ingestFile(request)
}

const codeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => (isSluiceError(error) ? error.code : String(error)),
  )

describe('the lake of a server', () => {
  test('takes a file, and the same load again is the same load', async () => {
    const first = await load('monday', 'id,fare\n1,2.5\n2,3.5\n')
    expect(first).toMatchObject({ loadId: 'monday', rows: 2, rejected: 0, published: true, repeated: false })
    expect(await load('monday', 'id,fare\n1,2.5\n2,3.5\n')).toMatchObject({ snapshot: first.snapshot, repeated: true })
    const { schemaChange } = await load('tuesday', 'id,fare,note\n3,4.5,x\n')
    expect(schemaChange.added).toContain('note')
    const merged = await load('changes', 'id,fare\n3,5\n4,6\n', { operation: 'merge', key: ['id'] })
    expect(merged).toMatchObject({ inserted: 1, updated: 1, deleted: 0, filtered: 0 })
    expect(
      (await readdir(path.join(server.home.dir, 'lake', '.staging'))).filter((name) => name.startsWith('upload')),
    ).toEqual([])
  })

  test('shows rows, answers queries with bound values, and tells two versions apart', async () => {
    const preview = await client.previewTable({ params: trips, query: { limit: 2, columns: ['id', '_source_file'] } })
    expect(preview).toMatchObject({ more: true, columns: [{ name: 'id', type: 'long' }, {}] })
    expect(preview.rows[0]).toMatchObject({ _source_file: 'trips.csv' })
    const body = { sql: 'select id, fare from bronze.trips where id > $1 order by id', values: [2] }
    expect(await client.queryLake({ body })).toMatchObject({
      columns: [
        { name: 'id', type: 'BIGINT' },
        { name: 'fare', type: 'DOUBLE' },
      ],
      rows: [
        { id: 3, fare: 5 },
        { id: 4, fare: 6 },
      ],
      more: false,
    })
    const { items } = await client.listTableVersions({ params: trips })
    const oldest = items.at(-1)?.snapshot ?? ''
    const diff = await client.diffTable({ params: trips, query: { from: oldest, key: ['id'] } })
    expect(diff).toMatchObject({ added: 2, removed: 0, changed: 0, schema: ['+ note string'] })
    await client.defineView({
      params: { view: 'gold.dear' },
      body: { query: 'select * from bronze.trips where fare > 4' },
    })
    expect(await client.queryLake({ body: { sql: 'select count(*) as n from gold.dear' } })).toMatchObject({
      rows: [{ n: 2 }],
    })
    const { columns } = await client.describeView({ params: { view: 'gold.dear' } })
    expect(columns).toContainEqual({ name: 'fare', type: 'double', required: false })
    expect(await client.previewTable({ params: { table: 'gold.dear' }, query: { limit: 1 } })).toMatchObject({
      more: true,
    })
    expect(await client.deleteView({ params: { view: 'gold.dear' } })).toEqual({ dropped: true })
  })

  test('says which type a file is to be sent as', async () => {
    const url = '/api/lake/tables/bronze.trips/loads?file=trips.csv'
    const answer = await server.app.inject({
      method: 'POST',
      url,
      headers: {
        host: 'localhost',
        authorization: `Bearer ${server.token}`,
        'content-type': 'text/csv',
        'idempotency-key': 'typed',
      },
      payload: 'id\n1\n',
    })
    expect(answer.statusCode).toBe(415)
    expect(answer.json()).toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
      details: { found: 'text/csv', needed: 'application/octet-stream' },
    })
  })

  test('tells what a table is, and how it came to be', async () => {
    const { items } = await client.summarizeTables()
    expect(items).toMatchObject([{ name: 'bronze.trips', rows: 4 }])
    const details = await client.describeTable({ params: trips })
    expect(details).toMatchObject({ name: 'bronze.trips', versions: 3, loads: [{ id: 'changes' }, {}, {}] })
    expect((await client.listTableSchemas({ params: trips })).items.map(({ changes }) => changes)).toEqual([
      [],
      ['+ note string'],
    ])
    expect(await client.getTableChecks({ params: trips })).toMatchObject({ checks: [] })
    expect(await client.checkTable({ params: trips })).toEqual({ items: [] })
    expect(await client.listJoins({ params: trips })).toEqual({ joins: [] })
    expect(await codeOf(client.findJoinPaths({ params: { ...trips, other: 'bronze.none' } }))).toBe('TABLE_NOT_FOUND')
    expect(await client.verifyLake()).toMatchObject({ problems: [] })
  })

  test('names versions, branches off, goes back, and releases tables together', async () => {
    const { items } = await client.listTableVersions({ params: trips })
    const [newest = '', oldest = ''] = [items[0]?.snapshot, items.at(-1)?.snapshot]
    expect(await client.tagTable({ params: trips, body: { name: 'good', version: oldest } })).toMatchObject({
      ref: 'good',
    })
    expect(await codeOf(client.tagTable({ params: trips, body: { name: 'good' } }))).toBe('OPTION_INVALID')
    const moved = await client.tagTable({ params: trips, body: { name: 'good', move: true } })
    expect(moved).toMatchObject({ before: oldest, snapshot: newest })
    await client.branchTable({ params: trips, body: { name: 'try', from: oldest } })
    await load('on-try', 'id,fare\n9,9\n', { branch: 'try' })
    expect(
      await client.queryLake({ body: { sql: "select count(*) as n from bronze.trips at (version => 'try')" } }),
    ).toMatchObject({
      rows: [{ n: 3 }],
    })
    const { ref } = await client.deleteBranch({ params: { ...trips, branch: 'try' } })
    expect(ref).toBe('try')
    expect(await client.rollbackTable({ params: trips, body: { version: oldest } })).toMatchObject({ before: newest })
    expect(await client.rollbackTable({ params: trips, body: { version: 'good' } })).toMatchObject({ snapshot: newest })
    await client.deleteTag({ params: { ...trips, tag: 'good' } })
    const tables = [{ name: 'bronze.trips' }]
    await client.createRelease({ body: { name: '2026-01', tables } })
    expect((await client.listReleases()).items).toEqual([
      { release: '2026-01', tables: [{ table: 'bronze.trips', snapshot: newest }] },
    ])
    expect(await codeOf(client.rollbackRelease({ params: { release: 'none' } }))).toBe('RELEASE_NOT_FOUND')
    expect(await client.rollbackRelease({ params: { release: '2026-01' } })).toMatchObject({ release: '2026-01' })
  })

  test('keeps rows that do not fit, and tries them again', async () => {
    await load('mixed', `id,fare\n${'5,1.5\n'.repeat(3)}6,much\n`, { maxRejected: 0.5 })
    const quarantine = await client.describeQuarantine({ params: trips })
    expect(quarantine).toMatchObject({ open: 1, reasons: [{ loadId: 'mixed', column: 'fare', rows: 1 }] })
    expect(await client.replayQuarantine({ params: trips, body: {} })).toMatchObject({ rows: 0, open: 1 })
    const frozen = { contract: '{"columns":"freeze"}' }
    expect(await codeOf(load('frozen', 'id,fare,other\n1,2,3\n', frozen))).toBe('LOAD_CONTRACT_BROKEN')
    for (const contract of ['nonsense', '[]', '1'])
      expect(await codeOf(load('unread', 'id\n1\n', { contract })), contract).toBe('REQUEST_INVALID')
    expect(await load('dialect', 'id;fare\n7;-\n', { delimiter: ';', nullText: ['-'] })).toMatchObject({
      rows: 1,
      rejected: 0,
    })
    const discard = { contract: '{"types":"discard"}' }
    expect(await load('partly', 'id,fare\n8,1\n9,much\n', discard)).toMatchObject({
      rows: 1,
      rejected: 0,
      discarded: 1,
    })
    expect(await codeOf(load('worse', 'id,fare\n6,much\n'))).toBe('LOAD_REJECTED')
    expect((await client.listIncidents({ query: { state: 'open' } })).items).toMatchObject([{ loadId: 'worse' }])
  })

  test('is kept small, altered, and given up', async () => {
    expect(await client.expireTable({ params: trips, body: { dryRun: true } })).toMatchObject({ snapshots: [] })
    expect(await client.compactTable({ params: trips, body: {} })).toMatchObject({ table: 'bronze.trips' })
    expect(await client.sweepLake({ body: { dryRun: true } })).toMatchObject({ left: 0 })
    const altered = await client.alterTable({ params: trips, body: { rename: { fare: 'amount' } } })
    expect(altered.changes).toEqual(['fare is now amount'])
    const audit = await client.auditLake({ query: { dataset: 'bronze.trips', limit: 500 } })
    expect(new Set(audit.items.map(({ did }) => did))).toEqual(new Set(['read', 'write', 'change']))
    expect(new Set(audit.items.map(({ by }) => by))).toEqual(new Set(['home']))
    const where = { id: [1] }
    expect(await client.deleteRows({ params: trips, body: { where, dryRun: true } })).toEqual({ matching: 1 })
    expect(await client.deleteRows({ params: trips, body: { where } })).toMatchObject({ result: { deleted: 1 } })
    expect(await client.deleteTable({ params: trips, query: {} })).toMatchObject({ table: 'bronze.trips' })
    expect(await codeOf(client.describeTable({ params: trips }))).toBe('TABLE_NOT_FOUND')
    expect(await codeOf(client.previewTable({ params: trips, query: {} }))).toBe('TABLE_NOT_FOUND')
  })

  test.each([
    ["copy bronze.trips to '/tmp/x'", 'SQL_INVALID'],
    ["select * from read_csv('/etc/passwd')", 'SQL_NOT_ALLOWED'],
    ['select 1; select 2', 'SQL_INVALID'],
    ['select * from bronze.nothing', 'TABLE_NOT_FOUND'],
    ['select nonsense', 'LAKE_QUERY_FAILED'],
  ])('refuses %j with %s', async (sql, code) => {
    expect(await codeOf(client.queryLake({ body: { sql } }))).toBe(code)
  })

  test('gives a query up that takes longer than it may', async () => {
    const sql = 'select count(*) from range(10000000000) a, range(10000000000) b'
    expect(await codeOf(client.queryLake({ body: { sql, timeoutMs: 300 } }))).toBe('LAKE_TIMEOUT')
  })

  test('wants a key for a load, a name without a path, and a token that may change it', async () => {
    const request = { params: trips, query: { file: 'a.csv' }, body: new Uint8Array([49]) }
    const keyless = { ...request, headers: {} as { 'idempotency-key': string } }
    expect(await codeOf(client.ingestFile(keyless))).toBe('REQUEST_INVALID')
    const headers = { 'idempotency-key': 'k' }
    for (const file of ['../a.csv', '/etc/passwd', 'https://a/b.csv', '*.csv', `${'ä'.repeat(180)}.csv`])
      expect(await codeOf(client.ingestFile({ ...request, headers, query: { file } })), file).toBe('REQUEST_INVALID')
    const { token } = await client.createToken({ body: { name: 'reader', scopes: ['read'] } })
    const reader = server.clientOf(token)
    expect(await codeOf(reader.rollbackTable({ params: trips, body: { version: 'main' } }))).toBe('FORBIDDEN')
    expect(await codeOf(reader.ingestFile({ ...request, headers }))).toBe('FORBIDDEN')
    expect(await codeOf(reader.queryLake({ body: { sql: 'select 1 as n' } }))).toBe('none')
  })
})
