import { contract, type Operation } from '@sluice/api'
import { createClient } from '@sluice/api/client'
import { SluiceError, stateOf } from '@sluice/core'
import type { WaitEntry } from '@sluice/store'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { connect as openSocket } from 'node:net'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunMessage, Services } from '../services.ts'
import { testClock } from '../testing/test-clock.testsupport.ts'
import { testApp, type TestApp } from './test-app.testsupport.ts'

const run = '01890000-0000-7000-8000-000000000001'

async function ask(
  server: TestApp,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  headers: Record<string, string> = {},
) {
  return server.app.inject({ method, url, headers: { host: 'localhost', ...headers } })
}

/** The journal's entry of a question. */
function openWait(rootId: string, id: string, seq: number): WaitEntry {
  const row = {
    rootId,
    runId: rootId,
    parentTaskId: null,
    key: `k${seq}`,
    kind: 'input',
    name: 'approve',
    seq,
  } as const
  const none = {
    deadline: null,
    match: null,
    targetRunId: null,
    event: null,
    outcome: null,
    endedAt: null,
    answer: null,
  }
  return { kind: 'wait', row: { ...row, ...none, id, status: 'open', checkpoint: true, createdAt: 1 } }
}

describe('who may do what', () => {
  test('nothing but the public operations answers without a token, also on this machine', async () => {
    await using server = await testApp()
    for (const operation of Object.values(contract) as readonly Operation[]) {
      const url = operation.path.replaceAll(/\{\w+\}/g, run)
      const answer = await ask(server, operation.method as 'GET', url)
      expect([operation.operationId, answer.statusCode]).toStrictEqual([
        operation.operationId,
        operation.scope === 'public' ? 200 : 401,
      ])
    }
  })

  test('the token of the home is made once, for its owner only, and opens everything but engines', async () => {
    await using server = await testApp()
    expect(statSync(path.join(server.home.dir, 'token')).mode & 0o777).toBe(0o600)
    expect((await server.client.listTokens()).items).toStrictEqual([])
    await expect(server.client.loadCheckpoints({ params: { run } })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  test('an API token does what its scopes say: admin includes run, run includes read, worker stands beside', async () => {
    await using server = await testApp()
    const may = async (scopes: ('read' | 'run' | 'admin' | 'worker')[]) => {
      const { token } = await server.client.createToken({ body: { name: 'ci', scopes } })
      const client = server.clientOf(token)
      const calls = {
        read: client.listRuns(),
        run: client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } }),
        admin: client.putVariable({ params: { variable: 'v' }, body: { value: 1 } }),
        worker: client.stopWorker({ params: { worker: run } }),
      }
      const told = await Promise.all(
        Object.values(calls).map((call) =>
          call.then(
            () => '',
            (error: SluiceError) => error.code,
          ),
        ),
      )
      return Object.keys(calls).filter((_, index) => told[index] !== 'FORBIDDEN')
    }
    expect(await may(['read'])).toStrictEqual(['read'])
    expect(await may(['run'])).toStrictEqual(['read', 'run'])
    expect(await may(['admin'])).toStrictEqual(['read', 'run', 'admin'])
    expect(await may(['worker'])).toStrictEqual(['worker'])
  })

  test('a token is told once and kept as a hash; revoked or expired it opens nothing', async () => {
    let at = 0
    const clock = { monotonic: () => at, random: () => 0, after: () => () => undefined }
    await using server = await testApp({ clock })
    const { token, ...made } = await server.client.createToken({ body: { name: 'ci', scopes: ['read'] } })
    const listed = await server.client.listTokens()
    expect(listed.items).toStrictEqual([made])
    expect(JSON.stringify(listed)).not.toContain(token)
    const client = server.clientOf(token)
    await client.listRuns()
    await server.client.revokeToken({ params: { token: made.id } })
    at = 2_001
    await expect(client.listRuns()).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      details: { problem: 'it was revoked' },
    })
    const past = server.client.createToken({
      body: { name: 'old', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' },
    })
    await expect(past).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('the token of a run speaks for that run at its epoch, and for nothing else', async () => {
    await using server = await testApp()
    const made = await server.client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
    const epoch = (await server.home.store.readControl(made.id))?.epoch ?? 0
    const engine = server.clientOf(server.runTokens.mint(made.id, epoch))
    await engine.appendLogs({
      params: { run: made.id },
      body: {
        entries: [
          { rootId: made.id, runId: made.id, taskRunId: null, at: 1, level: 30, message: 'hello', fields: null },
        ],
      },
    })
    expect((await server.client.listLogs({ params: { run: made.id } })).items).toMatchObject([{ message: 'hello' }])
    await expect(engine.loadCheckpoints({ params: { run } })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(engine.listRuns()).rejects.toMatchObject({ code: 'FORBIDDEN' })

    const late = server.clientOf(server.runTokens.mint(made.id, epoch + 1))
    const params = { run: made.id, kind: 'Secret', name: 's' }
    await expect(late.openBlock({ params })).rejects.toMatchObject({ code: 'RUN_FENCED' })
    const forged = server.clientOf(server.runTokens.mint(made.id, epoch).replace(/\.\d+\./, `.${epoch + 1}.`))
    await expect(forged.loadCheckpoints({ params: { run: made.id } })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
  })

  test('the token of a superseded owner reads nothing, and one that waits for news is told when it becomes one', async () => {
    await using server = await testApp()
    const { id } = await server.client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
    await server.client.putVariable({ params: { variable: 'v' }, body: { value: 1 } })
    const { store } = server.home
    const before = (await store.readControl(id))?.epoch ?? 0
    const engine = server.clientOf(server.runTokens.mint(id, before))
    const params = { run: id, started: run, key: 'k', ref: '0'.repeat(64), variable: 'v' }
    const { seen } = await engine.readControl({ params })
    const news = expect(engine.readControl({ params, query: { seen, waitMs: 20_000 } })).rejects.toMatchObject({
      code: 'RUN_FENCED',
    })
    expect(await store.markCrashed({ id, expectedEpoch: before, at: 1, message: 'gone' })).toBe(true)
    store.signals.send([`run:${id}`])
    await news
    const reads = {
      loadCheckpoints: () => engine.loadCheckpoints({ params }),
      readControl: () => engine.readControl({ params }),
      startedOutcome: () => engine.startedOutcome({ params }),
      getCached: () => engine.getCached({ params }),
      getResult: () => engine.getResult({ params }),
      putResult: () => engine.putResult({ params, body: new Uint8Array(1) }),
      readVariable: () => engine.readVariable({ params }),
    }
    for (const [name, read] of Object.entries(reads))
      expect([name, await read().catch((error: SluiceError) => error.code)]).toStrictEqual([name, 'RUN_FENCED'])
  })

  test('of batches that come together each is judged by the token and the fence of its own run', async () => {
    await using server = await testApp()
    const body = { entrypoint: 'a.ts:a', flow: 'a' }
    const runs = await Promise.all(Array.from({ length: 5 }, () => server.client.createRun({ body })))
    const [good, late, forged, foreign, gone] = runs.map(({ id }) => id)
    if (!good || !late || !forged || !foreign || !gone) throw new Error('five runs were made')
    const entry = { kind: 'root', state: stateOf('Running', 5), timeline: [] } as const
    const batchOf = (rootId: string, from: number, epoch: number) => ({ rootId, epoch, first: from, entries: [entry] })
    const token = (rootId: string, epoch = 1) => server.runTokens.mint(rootId, epoch)
    const { verdicts } = await server.clientOf(token(late)).appendJournals({
      body: {
        batches: [
          { token: token(late), batch: batchOf(late, 7, 1) },
          { token: token(good), batch: batchOf(good, 1, 1) },
          { token: token(gone, 2), batch: batchOf(gone, 1, 2) },
          { token: `${token(forged).slice(0, -1)}_`, batch: batchOf(forged, 1, 1) },
          { token: token(good), batch: batchOf(foreign, 1, 1) },
          { token: server.token, batch: batchOf(foreign, 1, 1) },
          { token: token(late), batch: { rootId: late, epoch: 1, first: 1, entries: [openWait(foreign, late, 1)] } },
        ],
      },
    })
    expect(verdicts.map((verdict) => ('problem' in verdict ? verdict.problem.code : verdict))).toEqual([
      'JOURNAL_GAP',
      { cancelling: false },
      'RUN_FENCED',
      'UNAUTHENTICATED',
      'RUN_FENCED',
      'FORBIDDEN',
      'REQUEST_INVALID',
    ])
    const seqs = await Promise.all(runs.map(async ({ id }) => (await server.home.store.getRun(id))?.journalSeq))
    expect(seqs).toEqual([1, 0, 0, 0, 0])
    const call = server.client.appendJournals({
      body: { batches: [{ token: token(good), batch: batchOf(good, 2, 1) }] },
    })
    await expect(call).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  test('an owner that times out a wait has the answer that came first, and nobody else may', async () => {
    await using server = await testApp()
    const body = { entrypoint: 'a.ts:a', flow: 'a' }
    const [made, other] = [await server.client.createRun({ body }), await server.client.createRun({ body })]
    const newId = (): string => server.home.settings.platform.newId()
    const [answered, late] = [openWait(made.id, newId(), 1), openWait(made.id, newId(), 2)]
    const { store } = server.home
    await store.appendJournal({ rootId: made.id, epoch: 1, first: 1, entries: [answered, late] })
    await server.client.answerWait({ params: { wait: answered.row.id }, body: { value: 'yes' } })
    const timeOut = (rootId: string, epoch: number, wait: string) =>
      server.clientOf(server.runTokens.mint(rootId, epoch)).timeOutWait({ params: { run: rootId, wait } })
    expect(await timeOut(made.id, 1, answered.row.id)).toEqual({
      answer: (await store.getWait(answered.row.id))?.answer?.text,
    })
    expect(await timeOut(made.id, 1, late.row.id)).toEqual({ answer: null })
    expect(await server.client.getWait({ params: { wait: late.row.id } })).toMatchObject({
      status: 'open',
      answeredAt: null,
      answeredBy: null,
      outcome: null,
    })
    await expect(timeOut(made.id, 2, answered.row.id)).rejects.toMatchObject({ code: 'RUN_FENCED' })
    await expect(timeOut(other.id, 1, answered.row.id)).rejects.toMatchObject({ code: 'WAIT_NOT_FOUND' })
    const call = server.client.timeOutWait({ params: { run: made.id, wait: answered.row.id } })
    await expect(call).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  test('workers and engines of another protocol are told both versions', async () => {
    await using server = await testApp()
    const call = server.client.stopWorker({ params: { worker: run }, headers: { 'sluice-protocol': '7' } })
    await expect(call).rejects.toMatchObject({ code: 'PROTOCOL_UNSUPPORTED', details: { found: '7', known: 1 } })
  })
})

describe('where a request may come from', () => {
  const loopback = { loopback: true, allowed: ['sluice.example'] }

  test.each([
    ['localhost:4200', undefined, 200],
    ['127.0.0.1:4200', 'http://127.0.0.1:4200', 200],
    ['[::1]:4200', undefined, 200],
    ['sluice.example', 'https://sluice.example', 200],
    ['evil.example', undefined, 403],
    ['localhost:4200', 'https://evil.example', 403],
    ['localhost:4200', 'http://localhost:3000', 403],
    ['localhost:4200', 'null', 403],
    ['local host', undefined, 403],
  ])('Host %s, Origin %s: %i', async (host, origin, status) => {
    await using server = await testApp({ hosts: loopback })
    const answer = await ask(server, 'GET', '/api/version', { host, ...(origin === undefined ? {} : { origin }) })
    expect(answer.statusCode).toBe(status)
    if (status === 403) expect(answer.json()).toMatchObject({ code: 'HOST_REFUSED' })
  })
})

describe('what goes wrong is a problem document', () => {
  test('with its own status, code and next step, for what is not there and for methods that do not work', async () => {
    await using server = await testApp()
    const missing = await ask(server, 'GET', '/api/nothing')
    expect([
      missing.statusCode,
      String(missing.headers['content-type']).split(';')[0],
      missing.json().code,
    ]).toStrictEqual([404, 'application/problem+json', 'ROUTE_NOT_FOUND'])
    const method = await ask(server, 'DELETE', '/api/runs')
    expect([method.statusCode, method.headers['allow'], method.json().code]).toStrictEqual([
      405,
      'GET, POST',
      'METHOD_NOT_ALLOWED',
    ])
  })

  test.each([
    ['application/json; charset=latin1', 415],
    ['application/json;charset="UTF-16"', 415],
    ['text/plain', 415],
    ['application/json; charset=UTF-8', 201],
    ['application/json; charset="utf-8"', 201],
  ])('%s as the type of a body: %i', async (type, status) => {
    await using server = await testApp()
    const answer = await server.app.inject({
      method: 'POST',
      url: '/api/runs',
      headers: { host: 'localhost', authorization: `Bearer ${server.token}`, 'content-type': type },
      payload: JSON.stringify({ entrypoint: 'f.ts:f' }),
    })
    expect(answer.statusCode).toBe(status)
    if (status === 415) expect(answer.json()).toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED' })
  })

  test('with an issue for each wrong part of a request', async () => {
    await using server = await testApp()
    const answer = await server.app.inject({
      method: 'POST',
      url: '/api/runs',
      headers: { host: 'localhost', authorization: `Bearer ${server.token}` },
      payload: { priority: 1_000, surplus: 1 },
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({
      type: '/api/docs/errors#REQUEST_INVALID',
      errors: [{ path: 'body.priority' }, { path: 'body' }],
    })
  })

  test('without a word about what nobody foresaw: that is in the log, under the same instance', async () => {
    const ready = (): Promise<void> => Promise.reject(new Error('the password is hunter2'))
    await using server = await testApp({ services: { ready, stop: async () => undefined } as unknown as Services })
    const answer = await ask(server, 'GET', '/ready')
    expect(answer.statusCode).toBe(500)
    expect(answer.payload).not.toContain('hunter2')
    const { instance } = answer.json<{ instance: string }>()
    expect(server.logged).toMatchObject([{ fields: { instance, problem: 'the password is hunter2' } }])
  })

  test('and a store that is away says when to come again', async () => {
    const ready = (): Promise<void> => Promise.reject(new SluiceError('STORE_UNAVAILABLE', { location: '10.0.0.7' }))
    await using server = await testApp({ services: { ready, stop: async () => undefined } as unknown as Services })
    const answer = await ask(server, 'GET', '/ready')
    expect([answer.statusCode, answer.headers['retry-after']]).toStrictEqual([503, '1'])
    expect(answer.payload).not.toContain('10.0.0.7')
  })

  test('what is no HTTP gets one too', async () => {
    await using server = await testApp()
    const url = new URL(await server.app.listen({ host: '127.0.0.1', port: 0 }))
    const { connect } = await import('node:net')
    const socket = connect(Number(url.port), '127.0.0.1')
    socket.write('nonsense\r\n\r\n')
    let said = ''
    for await (const chunk of socket) said += String(chunk)
    expect(said).toMatch(/^HTTP\/1\.1 400 Bad Request/)
    expect(said).toContain('"code":"REQUEST_INVALID"')
  })
})

test('blocks keep their secrets sealed, show asterisks, and keep what is sent back as asterisks', async () => {
  await using server = await testApp()
  const params = { kind: 'PostgresDatabase', name: 'warehouse' }
  const put = (fields: Record<string, string | number>) => server.client.putBlock({ params, body: { fields } })
  const shown = await put({ host: 'db', password: 'hunter22' })
  expect(shown).toMatchObject({ fields: { host: 'db' }, secrets: { password: '********' } })
  await put({ host: 'db2', password: '********' })
  const stored = await server.home.store.getBlock(params.kind, params.name)
  expect(JSON.stringify(stored)).not.toContain('hunter22')
  const { id } = await server.client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
  const epoch = (await server.home.store.readControl(id))?.epoch ?? 0
  const engine = server.clientOf(server.runTokens.mint(id, epoch))
  expect(await engine.openBlock({ params: { run: id, ...params } })).toMatchObject({
    fields: { host: 'db2', password: 'hunter22' },
  })
  await expect(put({ hots: 'db' })).rejects.toMatchObject({
    code: 'BLOCK_INVALID',
    details: { issues: [{ path: 'hots' }] },
  })
})

describe('which blocks a run opens', () => {
  const params = { kind: 'Secret', name: 'api-key' }
  const openFor = async (server: TestApp, id: string): Promise<unknown> => {
    const epoch = (await server.home.store.readControl(id))?.epoch ?? 0
    return server.clientOf(server.runTokens.mint(id, epoch)).openBlock({ params: { run: id, ...params } })
  }
  const declared = { flow: 'a', name: 'd', entrypoint: 'a.ts:a', contentHash: 'h' }
  const source = { kind: 'directory', path: '/project' } as const

  test('of a deployment: those that it names, also when it names them only afterwards', async () => {
    await using server = await testApp()
    await server.client.putBlock({ params, body: { fields: { value: 'hunter22' } } })
    const deploy = (blocks: string[]) => server.client.putDeployment({ body: { ...declared, source, blocks } })
    const { deployment } = await deploy(['Secret/other', 'PostgresDatabase/api-key'])
    expect(deployment).toMatchObject({ blocks: ['Secret/other', 'PostgresDatabase/api-key'], jobVariables: {} })
    const { id } = await server.client.runDeployment({ params: { deployment: 'a/d' } })
    await expect(openFor(server, id)).rejects.toMatchObject({
      code: 'BLOCK_NOT_ALLOWED',
      message: expect.stringContaining('--block'),
    })
    await deploy(['Secret/api-key'])
    expect(await openFor(server, id)).toMatchObject({ fields: { value: 'hunter22' } })
    const later = await server.client.runDeployment({ params: { deployment: 'a/d' } })
    await deploy([])
    expect(await openFor(server, later.id)).toMatchObject({ fields: { value: 'hunter22' } })
    await expect(openFor(server, id)).rejects.toMatchObject({ code: 'BLOCK_NOT_ALLOWED' })
  })

  test('of an entrypoint: any when the home started it, none when an API token did', async () => {
    await using server = await testApp()
    await server.client.putBlock({ params, body: { fields: { value: 'hunter22' } } })
    const { token } = await server.client.createToken({ body: { name: 'ci', scopes: ['run'] } })
    const body = { entrypoint: 'a.ts:a', flow: 'a' }
    const theirs = await server.clientOf(token).createRun({ body })
    await expect(openFor(server, theirs.id)).rejects.toMatchObject({ code: 'BLOCK_NOT_ALLOWED' })
    expect(await openFor(server, (await server.client.createRun({ body })).id)).toMatchObject({ name: 'api-key' })
  })

  test('no job variable passes for a list of blocks', async () => {
    await using server = await testApp()
    const body = { ...declared, source, jobVariables: { 'sluice.blocks': ['Secret/api-key'] } }
    await expect(server.client.putDeployment({ body })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})

test('large results are kept under their hash and nothing else', async () => {
  await using server = await testApp()
  const { id } = await server.client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
  const engine = server.clientOf(server.runTokens.mint(id, 1))
  const { contentHash } = await import('@sluice/core')
  const body = new TextEncoder().encode('x'.repeat(100_000))
  const params = { run: id, ref: contentHash(body) }
  await engine.putResult({ params, body })
  expect(await engine.getResult({ params })).toStrictEqual(body)
  const other = { params: { run: id, ref: '0'.repeat(64) }, body }
  await expect(engine.putResult(other)).rejects.toMatchObject({ code: 'RESULT_CORRUPT' })
  await expect(engine.getResult(other)).rejects.toMatchObject({ code: 'RESULT_MISSING' })
})

test('streams go on after the cursor, refuse by a problem document, and end when nobody listens', async () => {
  const asked: (string | undefined)[] = []
  const left = Promise.withResolvers<void>()
  const state = { type: 'completed', name: 'Completed', at: 1_000_000 } as const
  async function* streamRun(id: string, after: string | undefined, signal: AbortSignal): AsyncGenerator<RunMessage> {
    asked.push(after)
    if (after === '1') yield { cursor: '2', event: 'end', runId: id, state }
    yield { cursor: '1', event: 'state', runId: id, state }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    left.resolve()
  }
  await using server = await testApp({ events: { streamRun } })
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const client = createClient({ url, token: server.token })
  const { id } = await client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
  const params = { run: id }
  expect(await first(client.stream('streamRun', { params }))).toMatchObject({
    id: '1',
    event: 'state',
    data: { runId: id },
  })
  await left.promise
  expect(await first(client.stream('streamRun', { params, lastEventId: '1' }))).toMatchObject({ id: '2', event: 'end' })
  expect(asked).toStrictEqual([undefined, '1'])
  await expect(first(client.stream('streamRun', { params: { run } }))).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
})

test('a stream ends when its token is revoked', async () => {
  const clock = testClock()
  async function* streamRun(id: string, _: string | undefined, signal: AbortSignal): AsyncGenerator<RunMessage> {
    yield { cursor: '1', event: 'state', runId: id, state: { type: 'running', name: 'Running', at: 1_000_000 } }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }
  await using server = await testApp({ events: { streamRun }, clock })
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const { id } = await server.client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
  const { token, ...made } = await server.client.createToken({ body: { name: 'reader', scopes: ['read'] } })
  const client = createClient({ url, token })
  const messages = client.stream('streamRun', { params: { run: id } })[Symbol.asyncIterator]()
  expect(await messages.next()).toMatchObject({ value: { id: '1' } })
  const next = messages.next().catch((error: unknown) => error)
  await clock.advance(15_000)
  await server.client.revokeToken({ params: { token: made.id } })
  await clock.advance(15_000)
  expect(await next).toMatchObject({ code: 'UNAUTHENTICATED' })
})

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item
  return undefined
}

test('a request that comes while the server stops is told so, as every problem is', async () => {
  await using server = await testApp()
  const url = await server.app.listen({ port: 0, host: '127.0.0.1' })
  const socket = openSocket(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8')
  socket.write('GET /api/version HTTP/1.1\r\nhost: localhost\r\n')
  await once(server.app.server, 'connection')
  // Once this one is answered, the server has begun to read the other.
  await fetch(`${url}/health`)
  const closed = server.app.close()
  socket.write('\r\n')
  const [answer] = (await once(socket, 'data')) as [string]
  expect(answer).toMatch(/^HTTP\/1.1 503 /)
  expect(answer).toContain('application/problem+json')
  expect(answer).toContain('SERVER_STOPPING')
  await closed
})
