import { createClient } from '@sluice/api/client'
import { SluiceError } from '@sluice/core'
import { startFakeS3 } from '@sluice/testing'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { startRun } from '../packages/lake/src/catalog/embedded-lake.testsupport.ts'
import { catalogSuite, type TestLake } from '../packages/lake/src/catalog/lake-catalog.testsuite.ts'
import { openServerLake } from '../packages/lake/src/catalog/open-server-lake.ts'
import { appendRows, createTable, type Lake, readRows } from '../packages/lake/src/catalog/test-table.testsupport.ts'
import { injectTransport } from '../packages/server/src/http/inject-transport.ts'
import { testApp, type TestApp } from '../packages/server/src/http/test-app.testsupport.ts'

// The catalogue of a server, as the engine of a run has it: the same suite as the embedded one.

type Owner = Awaited<ReturnType<TestLake['startRun']>>['owner']
type Transport = ReturnType<typeof injectTransport>

/** The lake as a run of a worker has it, with the token of the run. */
async function openAs(app: TestApp, owner: Owner, transport: Transport = injectTransport(app.app)): Promise<Lake> {
  const token = app.runTokens.mint(owner.rootId, owner.epoch)
  return openServerLake(createClient({ url: 'http://localhost', token, transport }), owner.rootId, app.home)
}

async function createLake(): Promise<TestLake & { readonly app: TestApp }> {
  const app = await testApp()
  const lakes = new Map<string, Lake['catalog']>()
  const run = async (): ReturnType<TestLake['startRun']> => {
    const started = await startRun(app.home.store)
    lakes.set(started.owner.rootId, (await openAs(app, started.owner)).catalog)
    return started
  }
  const open = async (): Promise<Lake> => {
    const { owner } = await run()
    const { catalog, storage } = await openAs(app, owner)
    // A commit is always of the run whose token it comes with.
    const commit: Lake['catalog']['commit'] = async (given) =>
      (lakes.get(given.owner?.rootId ?? '') ?? catalog).commit(given)
    const recordLineage: Lake['catalog']['recordLineage'] = async (records) =>
      (lakes.get(records[0]?.rootId ?? '') ?? catalog).recordLineage(records)
    const ofRuns: Partial<Lake['catalog']> = { commit, recordLineage }
    return {
      storage,
      catalog: new Proxy(catalog, { get: (target, name) => Reflect.get(ofRuns, name) ?? member(target, name) }),
    }
  }
  return { ...(await open()), app, open, startRun: run, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

function member(target: object, name: string | symbol): unknown {
  const found: unknown = Reflect.get(target, name)
  return typeof found === 'function' ? (found.bind(target) as unknown) : found
}

describe('over HTTP', () => {
  catalogSuite({ create: createLake })

  test('a lake in a bucket is opened there, by the URL that the server tells', async () => {
    await using server = await startFakeS3()
    const cache = await mkdtemp(path.join(tmpdir(), 'sluice-cache-'))
    vi.stubEnv('SLUICE_LAKE_URL', `s3://lake/prod?endpoint=${server.endpoint}`)
    vi.stubEnv('XDG_CACHE_HOME', cache)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    try {
      await using lake = await createLake()
      expect(lake.storage.url).toBe('s3://lake/prod')
      await appendRows(lake, await createTable(lake, 'a.b'), ['1'])
      expect(await readRows(lake, 'a.b')).toEqual(['1'])
      expect(server.objects.get('prod/lake.json')).toBeDefined()
    } finally {
      vi.unstubAllEnvs()
      await rm(cache, { recursive: true })
    }
  })

  test('a commit whose answer is lost is sent again, and made once', async () => {
    await using lake = await createLake()
    const { owner } = await lake.startRun()
    const table = await createTable(lake, 'a.b')
    const inner = injectTransport(lake.app.app)
    let lost = 0
    const unlucky: Transport = async (request) => {
      const answer = await inner(request)
      if (!request.url.endsWith('/commits') || lost > 1) return answer
      lost += 1
      throw new SluiceError('SERVER_UNREACHABLE', { url: request.url })
    }
    await appendRows(await openAs(lake.app, owner, unlucky), table, ['1'])
    expect(lost).toBe(2)
    expect(await readRows(lake, 'a.b')).toEqual(['1'])
  })

  test('people read tables, versions, loads and lineage', async () => {
    await using lake = await createLake()
    const { owner } = await lake.startRun()
    const table = await createTable(lake, 'a.b')
    await createTable(lake, 'a.c')
    await appendRows(lake, table, ['1'], { owner, reads: [{ dataset: 'postgres://db/orders' }] })
    const { client } = lake.app
    const page = await client.listTables({ query: { limit: 1, namespace: 'a' } })
    expect(page.items).toMatchObject([
      { name: 'a.b', version: 2, metadataLocation: expect.stringMatching(/^file:.*json$/) },
    ])
    const rest = await client.listTables({ query: { limit: 1, namespace: 'a', after: String(page.next) } })
    expect(rest).toMatchObject({ items: [{ name: 'a.c' }], next: null })
    const params = { table: 'a.b' }
    expect(await client.getTable({ params })).toEqual(page.items[0])
    const { items } = await client.listSnapshots({ params, query: {} })
    expect(items).toMatchObject([{ operation: 'append', runId: owner.rootId, summary: { 'total-records': '1' } }])
    expect((await client.listLoads({ params, query: {} })).items).toEqual([])
    const of = { runId: owner.rootId, taskRunId: owner.taskRunId }
    expect((await client.listLineage({ query: { run: owner.rootId } })).items).toMatchObject([
      { direction: 'write', dataset: 'a.b', snapshotId: items[0]?.id, ...of },
      { direction: 'read', dataset: 'postgres://db/orders', snapshotId: null, ...of },
    ])
    await expect(client.listLineage({ query: {} })).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    await expect(client.getTable({ params: { table: 'a.none' } })).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
  })

  test('people read checks and incidents, and resolve these', async () => {
    await using lake = await createLake()
    const { id: tableId } = await createTable(lake, 'a.b')
    const found = {
      severity: 'block',
      outcome: 'failed',
      failing: 1,
      message: '1 row is null',
      samples: [{ id: null }],
    } as const
    await lake.catalog.recordChecks(tableId, [{ snapshotId: '7', name: 'x', loadId: 'l', ...found }])
    const news = { kind: 'blocked', loadId: 'l', snapshotId: '7', message: 'x', detail: { checks: ['x'] } } as const
    const opened = await lake.catalog.openIncident('a.b', { id: '11111111-1111-4111-8111-111111111111', ...news })
    const { client } = lake.app
    const checks = await client.listChecks({ params: { table: 'a.b' }, query: { snapshot: '7' } })
    expect(checks.items).toMatchObject([{ name: 'x', ...found }])
    expect((await client.listIncidents({ query: { state: 'open' } })).items).toEqual([opened])
    const params = { incident: opened.id }
    expect(await client.getIncident({ params })).toEqual(opened)
    const resolved = await client.resolveIncident({ params, body: { note: 'seen' } })
    expect(resolved).toMatchObject({ state: 'resolved', note: 'seen', closedBy: expect.stringMatching(/./) })
    const none = { incident: '22222222-2222-4222-8222-222222222222' }
    await expect(client.getIncident({ params: none })).rejects.toMatchObject({ code: 'INCIDENT_NOT_FOUND' })
    await expect(client.listChecks({ params: { table: 'a.none' }, query: {} })).rejects.toMatchObject({
      code: 'TABLE_NOT_FOUND',
    })
    expect((await client.listEvents({ query: { name: 'incident.opened' } })).items).toMatchObject([{ key: 'a.b' }])
  })

  test('a run speaks only with its own token, at its own epoch', async () => {
    await using lake = await createLake()
    const [one, other] = [await lake.startRun(), await lake.startRun()]
    const token = lake.app.runTokens.mint(one.owner.rootId, 1)
    const client = createClient({ url: 'http://localhost', token, transport: injectTransport(lake.app.app) })
    const params = { run: other.owner.rootId }
    await expect(client.openLake({ params })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(lake.app.client.openLake({ params })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await one.takeOver()
    const late = client.openLake({ params: { run: one.owner.rootId } })
    await expect(late).rejects.toMatchObject({ code: 'RUN_FENCED' })
  })
})
