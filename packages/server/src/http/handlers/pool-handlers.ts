import { SluiceError } from '@sluice/core'
import type { WorkPoolRecord } from '@sluice/store'
import { type Handlers, noContent, ok, put } from '../endpoint-handler.ts'
import { poolJson, queueJson, workerJson } from '../json/catalog-json.ts'
import { given, pageOfAll } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'

type PoolIds =
  | 'listPools'
  | 'getPool'
  | 'putPool'
  | 'deletePool'
  | 'pausePool'
  | 'resumePool'
  | 'listQueues'
  | 'putQueue'
  | 'deleteQueue'
  | 'pauseQueue'
  | 'resumeQueue'
  | 'listWorkers'

/** The pool and the queue of everything that names none. */
const standard = 'default'
const stays = 'what names none goes there'

export function poolHandlers({ services, home }: HandlerContext): Handlers<PoolIds> {
  const { store } = home
  const { pools } = services

  async function getPool(name: string): Promise<WorkPoolRecord> {
    const pool = (await store.listPools()).find((each) => each.name === name)
    if (pool === undefined) throw new SluiceError('POOL_NOT_FOUND', { pool: name })
    return pool
  }

  return {
    async listPools({ query }) {
      const page = pageOfAll(await store.listPools(), query, ({ name }) => name)
      return ok({ items: page.items.map(poolJson), next: page.next })
    },
    getPool: async ({ params }) => ok(poolJson(await getPool(params.pool))),
    async putPool({ params, body }) {
      const { pool, created } = await pools.put(params.pool, body)
      return put(created, poolJson(pool))
    },
    async deletePool({ params }) {
      if (params.pool === standard) throw new SluiceError('POOL_IN_USE', { pool: standard, problem: stays })
      if (!(await store.deletePool(params.pool))) throw new SluiceError('POOL_NOT_FOUND', { pool: params.pool })
      return noContent
    },
    pausePool: async ({ params }) => ok(poolJson(await pools.setPaused(params.pool, true))),
    resumePool: async ({ params }) => ok(poolJson(await pools.setPaused(params.pool, false))),
    async listQueues({ params, query }) {
      await getPool(params.pool)
      const page = pageOfAll(await store.listQueues(params.pool), query, ({ name }) => name)
      return ok({ items: page.items.map(queueJson), next: page.next })
    },
    async putQueue({ params, body }) {
      const { queue, created } = await pools.putQueue(params.pool, params.queue, body)
      return put(created, queueJson(queue))
    },
    async deleteQueue({ params: { pool, queue } }) {
      await getPool(pool)
      if (queue === standard) throw new SluiceError('QUEUE_IN_USE', { queue, problem: stays })
      if (!(await store.deleteQueue(pool, queue))) throw new SluiceError('QUEUE_NOT_FOUND', { queue, pool })
      return noContent
    },
    pauseQueue: async ({ params }) => ok(queueJson(await pools.setQueuePaused(params.pool, params.queue, true))),
    resumeQueue: async ({ params }) => ok(queueJson(await pools.setQueuePaused(params.pool, params.queue, false))),
    async listWorkers({ query: { pool, status, ...page } }) {
      const all = await store.listWorkers(given({ pool, all: true }))
      const shown = status === undefined ? all : all.filter((worker) => worker.status === status)
      const { items, next } = pageOfAll(shown, page, ({ id }) => id)
      return ok({ items: items.map(workerJson), next })
    },
  }
}
