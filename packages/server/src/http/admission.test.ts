import { contract, type Operation } from '@sluice/api'
import { type SluiceError, stateOf } from '@sluice/core'
import { statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ask, openWait, run } from './request.testsupport.ts'
import { testApp } from './test-app.testsupport.ts'

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
