import { describe, expect, test } from 'vitest'
import { testClock } from '../testing/test-clock.testsupport.ts'
import { rootEntry, type ServicesHarness, site, type TestServer } from './harness.testsupport.ts'

const schema = {
  type: 'object',
  properties: { months: { type: 'array', items: { type: 'integer' } }, color: { type: 'string', default: 'yellow' } },
  required: ['months'],
  additionalProperties: false,
}
const declared = {
  flow: 'etl',
  name: 'daily',
  entrypoint: 'flows.ts:etl',
  source: { kind: 'directory', path: '/srv/etl' },
  contentHash: 'hash-1',
  parameterSchema: schema,
  parameters: { color: 'green' },
} as const

export function runsSuite(harness: ServicesHarness): void {
  const failed = async (server: TestServer): Promise<string> => {
    const { run } = await server.claimed(await server.worker())
    await server.append(run, rootEntry(run, 'Running'), rootEntry(run, 'Failed'))
    return run.id
  }

  describe('runs', () => {
    test('a run of a deployment has its code, its place, and its parameters under those given', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const { deployment } = await server.services.deployments.put(
        { ...declared, tags: ['nyc'], priority: 3 },
        'tester',
      )
      const { run } = await server.services.runs.create(
        { deployment: 'etl/daily', parameters: { months: [1] }, tags: ['nyc', 'extra'] },
        'tester',
      )
      expect(run).toMatchObject({
        flow: 'etl',
        entrypoint: 'flows.ts:etl',
        tags: ['nyc', 'extra'],
        createdBy: 'tester',
      })
      expect(run.origin).toMatchObject({
        deploymentId: deployment.id,
        deploymentVersionId: deployment.versionId,
        priority: 3,
      })
      expect(await server.home.values.decode(run.parameters)).toEqual({ color: 'green', months: [1] })
      const [claimed] = await server.claim(await server.worker())
      expect(claimed).toMatchObject({
        deployment: { id: deployment.id, name: 'etl/daily', version: 1, contentHash: 'hash-1' },
        source: { kind: 'directory', path: '/srv/etl' },
      })
    })

    test('parameters that the flow would refuse are refused before there is a run, with a path for each', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      await server.services.deployments.put(declared, 'tester')
      const bad = { deployment: 'etl/daily', parameters: { months: ['x'], color: 7 } }
      await expect(server.services.runs.create(bad, 'tester')).rejects.toMatchObject({
        code: 'PARAMETERS_INVALID',
        details: { issues: [{ path: ['parameters', 'months', 0] }, { path: ['parameters', 'color'] }] },
      })
      const good = { deployment: 'etl/daily', parameters: { months: [] } }
      await expect(server.services.runs.createMany([good, bad], 'tester')).rejects.toMatchObject({
        details: { issues: [{ path: ['runs', 1, 'parameters', 'months', 0] }, {}] },
      })
      expect((await server.store.listRuns({ limit: 10 })).items).toEqual([])
    })

    test('the same idempotency key is the same run; with another request it is refused', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const ask = (a: number) =>
        server.services.runs.create({ entrypoint: 'f.ts:f', parameters: { a }, idempotencyKey: 'k' }, 'tester')
      const answers = await Promise.all([ask(1), ask(1), ask(1)])
      expect(new Set(answers.map(({ run }) => run.id)).size).toBe(1)
      expect(answers.filter(({ created }) => created)).toHaveLength(1)
      await expect(ask(2)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', details: { key: 'k' } })
    })

    test.each([
      [{ deployment: 'etl/none' }, 'DEPLOYMENT_NOT_FOUND'],
      [{ deployment: 'none' }, 'DEPLOYMENT_NOT_FOUND'],
      [{ entrypoint: '../out.ts:f' }, 'OPTION_INVALID'],
      [{ entrypoint: '/abs.ts:f' }, 'OPTION_INVALID'],
      [{ entrypoint: 'noexport' }, 'OPTION_INVALID'],
      [{}, 'OPTION_INVALID'],
      [{ entrypoint: 'f.ts:f', pool: 'nowhere' }, 'POOL_NOT_FOUND'],
      [{ entrypoint: 'f.ts:f', queue: 'nowhere' }, 'QUEUE_NOT_FOUND'],
    ])('%j is refused: %s', async (request, code) => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      await expect(server.services.runs.create(request, 'tester')).rejects.toMatchObject({ code })
    })

    test('a bad request does not spoil those that arrive with it', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const settled = await Promise.allSettled([
        server.create(),
        server.create({ pool: 'nowhere' }),
        server.create({ entrypoint: 'g.ts:g' }),
      ])
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect((await server.store.listRuns({ limit: 10 })).items).toHaveLength(2)
    })

    test('a queued run is cancelled at once, and one that is over stays as it is', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const run = await server.create()
      const cancelled = await server.services.runs.cancel(run.id, { reason: 'no need' }, 'tester')
      expect(cancelled.state).toMatchObject({ name: 'Cancelled' })
      expect(await server.claim(await server.worker())).toEqual([])
      expect((await server.services.runs.cancel(run.id, {}, 'tester')).state).toEqual(cancelled.state)
    })

    test('the owner of a running run hears at once that it was cancelled', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const { run } = await server.claimed(await server.worker())
      const { engine } = server.services
      const { signal } = new AbortController()
      const first = await engine.readControl(run.id, undefined, { waitMs: 20_000, signal })
      expect(first).toMatchObject({ epoch: run.epoch, answers: [], cancelTasks: [] })
      const news = engine.readControl(run.id, first.seen, { waitMs: 20_000, signal })
      expect((await server.services.runs.cancel(run.id, {}, 'tester')).state.type).toBe('cancelling')
      expect(await news).toMatchObject({ state: { type: 'cancelling' } })
    })

    test('many are cancelled at once, each with its outcome', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const running = await server.claimed(await server.worker())
      const over = await failed(server)
      const waiting = await server.create()
      const unknown = '0199aaaa-0000-7000-8000-00000000000a'
      const ids = [running.run.id, over, waiting.id, unknown]
      const outcomes = await server.services.runs.cancelMany({ ids }, 'tester')
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['cancelling', 'ended', 'cancelled', 'notFound'])
    })

    test('a failed run that is retried is claimed again as the next attempt', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const id = await failed(server)
      const waiting = server.claim(await server.worker(), { waitMs: 20_000 })
      const retried = await server.services.runs.retry(id, {}, 'tester')
      expect(retried).toMatchObject({ attempt: 2, state: { name: 'Scheduled', message: 'retried by hand' } })
      expect(await waiting).toMatchObject([{ run: { id, attempt: 2 } }])
      await expect(server.services.runs.retry(id, {}, 'tester')).rejects.toMatchObject({ code: 'RUN_STILL_OWNED' })
    })

    test('a retry can move a run to the code of another version', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const { deployment: first } = await server.services.deployments.put(
        { ...declared, parameterSchema: null },
        'tester',
      )
      const { run } = await server.services.runs.create({ deployment: 'etl/daily' }, 'tester')
      const [claimed] = await server.claim(await server.worker())
      if (!claimed) throw new Error('nothing was claimed')
      await server.append(claimed.run, rootEntry(claimed.run, 'Failed'))
      const second = await server.services.deployments.put(
        { ...declared, contentHash: 'hash-2', parameterSchema: null },
        'tester',
      )
      expect(second.deployment).toMatchObject({ id: first.id, versionNumber: 2 })
      await expect(server.services.runs.retry(run.id, { version: 9 }, 'tester')).rejects.toMatchObject({
        code: 'VERSION_NOT_FOUND',
      })
      await server.services.runs.retry(run.id, { version: 'latest' }, 'tester')
      const [again] = await server.claim(await server.worker())
      expect(again?.deployment).toMatchObject({ version: 2, contentHash: 'hash-2' })
    })

    test('a rerun is a new run with the old parameters and those given over them', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const old = await server.create({ parameters: { a: 1, b: 2 } })
      const { run, created } = await server.services.runs.rerun(old.id, { parameters: { b: 3 } }, 'tester')
      expect({ created, rerunOf: run.rerunOf }).toEqual({ created: true, rerunOf: old.id })
      expect(await server.home.values.decode(run.parameters)).toEqual({ a: 1, b: 3 })
    })

    test('a run that is due later is due now when it is resumed; one that is over is not resumable', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const run = await server.create({ at: new Date(Date.now() + 3_600_000).toISOString() })
      const waiting = server.claim(await server.worker(), { waitMs: 20_000 })
      expect((await server.services.runs.why(run.id)).answers[0]).toMatchObject({ code: 'DUE_LATER' })
      await server.services.runs.resume(run.id, 'tester')
      expect(await waiting).toMatchObject([{ run: { id: run.id } }])
      const over = await failed(server)
      await expect(server.services.runs.resume(over, 'tester')).rejects.toMatchObject({ code: 'RUN_NOT_RESUMABLE' })
    })

    test('every question about a run that is not there is answered with that', async () => {
      await using here = await site(harness)
      const { runs } = (await here.open({ clock: testClock() })).services
      const id = '0199aaaa-0000-7000-8000-00000000000a'
      const asks = [
        () => runs.why(id),
        () => runs.cancel(id, {}, 't'),
        () => runs.retry(id, {}, 't'),
        () => runs.rerun(id, {}, 't'),
        () => runs.resume(id, 't'),
      ]
      for (const ask of asks) await expect(ask()).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
      await expect(runs.cancelTask(id)).rejects.toMatchObject({ code: 'TASK_RUN_NOT_FOUND' })
      await expect(runs.answerWait(id, 1, 't')).rejects.toMatchObject({ code: 'WAIT_NOT_FOUND' })
    })
  })
}
