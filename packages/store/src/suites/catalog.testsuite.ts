import { describe, expect, test } from 'vitest'
import { deletePool } from '../queries/catalog/pools.ts'
import { deployment } from './deployments.testsuite.ts'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { newId, rootRun } from './records.testsuite.ts'

const pool = { name: 'gpu', kind: 'process', description: null, concurrency: 4 }

/** Pools, queues, workers, limits; variables, blocks, tokens, settings. */
export function catalogSuite(harness: StoreHarness): void {
  describe('work pools', () => {
    test('are there from the beginning with a queue, and are made, changed, paused and deleted', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      expect(await store.listPools()).toMatchObject([{ name: 'default', paused: false, queued: 0, running: 0 }])
      const made = await store.putPool(pool)
      expect(made).toMatchObject({ ...pool, paused: false, workersOnline: 0 })
      expect(await store.listQueues('gpu')).toMatchObject([{ pool: 'gpu', name: 'default', priority: 0 }])
      expect(await store.setPoolPaused('gpu', true)).toMatchObject({ paused: true })
      const changed = await store.putPool({ ...pool, concurrency: null, description: 'Big.' })
      expect(changed).toMatchObject({ concurrency: null, description: 'Big.', paused: true, createdAt: made.createdAt })
      expect(await store.setPoolPaused('none', true)).toBeUndefined()
      expect(await store.deletePool('gpu')).toBe(true)
      expect(await store.deletePool('gpu')).toBe(false)
      expect(await store.listQueues('gpu')).toEqual([])
    })

    test('that are in use are not deleted, and it is told by what', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await store.putPool(pool)
      const { deployment: put } = await store.putDeployment(deployment({ pool: 'gpu' }))
      await expectCode(store.deletePool('gpu'), 'POOL_IN_USE')
      await expect(store.deletePool('gpu')).rejects.toMatchObject({
        details: { deployments: 1, reason: 'it has 1 deployment' },
      })
      await store.deleteDeployment(put.id)
      const workerId = newId()
      await store.registerWorker(worker(workerId), 60_000)
      await expectCode(store.deletePool('gpu'), 'POOL_IN_USE')
      await store.stopWorker(workerId)
      const run = rootRun({ owner: null })
      await store.createRuns([{ run, dispatch: { pool: 'gpu', queue: 'default', dueInMs: 0 } }])
      expect((await store.listPools()).map(({ name, queued }) => [name, queued])).toEqual([
        ['default', 0],
        ['gpu', 1],
      ])
      await expectCode(store.deletePool('gpu'), 'POOL_IN_USE')
    })

    test('that are being deleted take no deployment', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await store.putPool(pool)
      const deleting = await database.holdSteps(() => deletePool('gpu'))
      const refused = expectCode(store.putDeployment(deployment({ pool: 'gpu' })), 'POOL_NOT_FOUND')
      await deleting.blocking()
      await deleting.commit()
      await refused
    })

    test('show the workers that are online', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [one, two, three] = [newId(), newId(), newId()]
      await store.registerWorker(worker(one), 60_000)
      await store.registerWorker({ ...worker(two), queues: ['default'] }, -1)
      await store.registerWorker({ ...worker(three), pool: 'default' }, 60_000)
      await store.stopWorker(three)
      const told = async (query: object): Promise<string[]> =>
        (await store.listWorkers(query)).map((found) => `${found.id} ${found.status}`)
      expect(await told({})).toEqual([`${two} offline`, `${one} online`])
      expect(await told({ pool: 'default' })).toEqual([])
      expect(await told({ pool: 'default', all: true })).toEqual([`${three} offline`])
      const beat = { workerId: one, leaseMs: 60_000, unlistedAfterMs: 5000, draining: true, runs: [] }
      expect((await store.listPools()).find(({ name }) => name === 'gpu')?.workersOnline).toBe(1)
      await store.heartbeat(beat)
      expect(await told({ pool: 'gpu' })).toEqual([`${two} offline`, `${one} draining`])
      expect((await store.listPools()).find(({ name }) => name === 'gpu')?.workersOnline).toBe(0)
      expect((await store.listWorkers({ all: true }))[1]).toMatchObject({ queues: ['default'], runs: 0, host: 'h' })
    })
  })

  describe('work queues', () => {
    test('are made, changed, paused and deleted; the default one stays', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const queue = { pool: 'default', name: 'fast', concurrency: 2, priority: 5 }
      expect(await store.putQueue(queue)).toMatchObject({ ...queue, paused: false, queued: 0, running: 0 })
      expect(await store.setQueuePaused('default', 'fast', true)).toMatchObject({ paused: true })
      expect(await store.putQueue({ ...queue, concurrency: null })).toMatchObject({ concurrency: null, paused: true })
      expect(await store.setQueuePaused('default', 'none', true)).toBeUndefined()
      await expectCode(store.putQueue({ ...queue, pool: 'none' }), 'POOL_NOT_FOUND')
      await expectCode(store.deleteQueue('default', 'default'), 'QUEUE_IN_USE')
      await store.createRuns([
        { run: rootRun({ owner: null }), dispatch: { pool: 'default', queue: 'fast', dueInMs: 0 } },
      ])
      await expectCode(store.deleteQueue('default', 'fast'), 'QUEUE_IN_USE')
      expect((await store.listQueues('default')).map(({ name, queued }) => [name, queued])).toEqual([
        ['default', 0],
        ['fast', 1],
      ])
      await store.putQueue({ ...queue, name: 'slow' })
      expect(await store.deleteQueue('default', 'slow')).toBe(true)
      expect(await store.deleteQueue('default', 'slow')).toBe(false)
      expect(await store.deleteQueue('none', 'slow')).toBe(false)
    })
  })

  describe('named limits', () => {
    test('show who holds and who waits; an operator sets their size, and a larger one lets those in who waited', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const runs = [rootRun(), rootRun()]
      for (const run of runs) await store.createRun(run)
      const holders = runs.map((run) => ({ rootId: run.id, epoch: 1, key: 'k' }))
      const needs = [{ name: 'api', size: 1, slots: 1 }]
      const taken: boolean[] = []
      for (const holder of holders) taken.push(await store.acquireSlots({ ...holder, needs }))
      expect(taken).toEqual([true, false])
      expect(await store.getLimit('api')).toMatchObject({ slots: 1, origin: 'code', held: 1, waiting: 1 })
      expect((await store.listLimits())[0]?.holders).toMatchObject([{ rootId: runs[0]?.id, key: 'k', slots: 1 }])
      const put = await store.putLimit('api', 2)
      expect(put).toMatchObject({ limit: { slots: 2, origin: 'operator', held: 2, waiting: 0 }, granted: [holders[1]] })
      expect(await store.deleteLimit('api')).toBe(true)
      expect(await store.deleteLimit('api')).toBe(false)
      expect(await store.getLimit('api')).toBeUndefined()
    })
  })

  describe('variables', () => {
    test('are set, replaced, listed by name and its beginning, and deleted', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      for (const name of ['b', 'a_1', 'a_2']) await store.putVariable(name, '1')
      const changed = await store.putVariable('b', '{"x":2}')
      expect(await store.getVariable('b')).toEqual(changed)
      const page = await store.listVariables({ limit: 2 })
      expect(page.items.map(({ name }) => name)).toEqual(['a_1', 'a_2'])
      expect((await store.listVariables({ limit: 2, after: String(page.next) })).items).toEqual([changed])
      expect((await store.listVariables({ limit: 9, name: 'a_' })).items).toHaveLength(2)
      expect((await store.listVariables({ limit: 9, name: '_' })).items).toEqual([])
      expect(await store.deleteVariable('b')).toBe(true)
      expect(await store.deleteVariable('b')).toBe(false)
      expect(await store.getVariable('b')).toBeUndefined()
    })
  })

  describe('blocks', () => {
    test('are saved, replaced under the same id, listed by kind, and deleted', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const block = { kind: 'postgres', name: 'warehouse', fields: '{}', secrets: 'sealed' }
      const saved = await store.putBlock(block)
      expect(saved).toMatchObject(block)
      const replaced = await store.putBlock({ ...block, fields: '{"a":1}', secrets: null })
      expect(replaced).toMatchObject({ id: saved.id, fields: '{"a":1}', secrets: null })
      await store.putBlock({ ...block, kind: 'secret' })
      await store.putBlock({ ...block, name: 'lake' })
      const page = await store.listBlocks({ limit: 2 })
      expect(page.items.map(({ kind, name }) => `${kind}/${name}`)).toEqual(['postgres/lake', 'postgres/warehouse'])
      expect((await store.listBlocks({ limit: 2, after: String(page.next) })).items).toMatchObject([{ kind: 'secret' }])
      const ofKind = await store.listBlocks({ limit: 1, kind: 'postgres' })
      const rest = await store.listBlocks({ limit: 1, kind: 'postgres', after: String(ofKind.next) })
      expect(rest).toMatchObject({ items: [{ name: 'warehouse' }], next: null })
      expect(await store.deleteBlock('postgres', 'warehouse')).toBe(true)
      expect(await store.deleteBlock('postgres', 'warehouse')).toBe(false)
      expect(await store.getBlock('postgres', 'warehouse')).toBeUndefined()
    })

    test('are sealed anew only where the old seal is still there', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const one = await store.putBlock({ kind: 'secret', name: 'one', fields: '{}', secrets: 'old-1' })
      const two = await store.putBlock({ kind: 'secret', name: 'two', fields: '{}', secrets: 'changed' })
      const changes = [
        { id: two.id, before: 'old-2', after: 'new-2' },
        { id: one.id, before: 'old-1', after: 'new-1' },
      ]
      expect(await store.resealBlocks(changes)).toBe(1)
      expect((await store.getBlock('secret', 'one'))?.secrets).toBe('new-1')
      expect((await store.getBlock('secret', 'two'))?.secrets).toBe('changed')
    })
  })

  describe('tokens and settings', () => {
    test('a token is found by its hash and revoked once', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const token = { name: 'ci', hash: 'abc', scopes: ['read', 'run'], createdBy: 'ada', expiresAt: 5 }
      const made = await store.createToken(token)
      expect(made).toMatchObject({ ...token, revokedAt: null })
      expect(await store.findToken('abc')).toEqual(made)
      expect(await store.findToken('abd')).toBeUndefined()
      const revoked = await store.revokeToken(made.id)
      expect(revoked?.revokedAt).toBeGreaterThan(0)
      expect(await store.revokeToken(made.id)).toEqual(revoked)
      expect(await store.listTokens()).toEqual([revoked])
      expect(await store.revokeToken(newId())).toBeUndefined()
    })

    test('a setting that several initialise at once is one', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await using other = await database.open()
      expect(await store.getSetting('key')).toBeUndefined()
      const values = await Promise.all([store.initSetting('key', 'a'), other.initSetting('key', 'b')])
      expect(new Set(values).size).toBe(1)
      await store.putSetting('key', 'c')
      expect(await other.initSetting('key', 'd')).toBe('c')
    })
  })
}

const worker = (id: string) =>
  ({ id, name: 'w', pool: 'gpu', queues: [], host: 'h', pid: 1, version: '1', mode: 'process', capacity: 2 }) as const
