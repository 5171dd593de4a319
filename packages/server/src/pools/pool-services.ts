import { SluiceError } from '@sluice/core'
import type { WorkPoolRecord, WorkQueueRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import { tellGranted } from '../engine/slots.ts'
import { topics } from '../loops/wakeups.ts'
import type { PoolServices } from '../services.ts'

/** Pools, queues and limits: whatever lets more run at once wakes those who wait. */
export function createPoolServices(context: Context): PoolServices {
  const { store } = context.home
  const wake = (pool: string): void => context.wakeups.send(topics.pool(pool))
  return {
    async put(name, change) {
      const before = await findPool(context, name)
      const { kind = before?.kind ?? 'process', description = before?.description ?? null } = change
      const concurrency = change.concurrency === undefined ? (before?.concurrency ?? null) : change.concurrency
      const pool = await store.putPool({ name, kind, description, concurrency })
      wake(name)
      return { pool, created: before === undefined }
    },
    async setPaused(name, paused) {
      const pool = await store.setPoolPaused(name, paused)
      if (!pool) throw await unknownPool(context, name)
      if (!paused) wake(name)
      return pool
    },
    async putQueue(pool, name, change) {
      const before = await findQueue(context, pool, name)
      const concurrency = change.concurrency === undefined ? (before?.concurrency ?? null) : change.concurrency
      const queue = await store.putQueue({
        pool,
        name,
        concurrency,
        priority: change.priority ?? before?.priority ?? 0,
      })
      wake(pool)
      return { queue, created: before === undefined }
    },
    async setQueuePaused(pool, name, paused) {
      const queue = await store.setQueuePaused(pool, name, paused)
      if (!queue) throw new SluiceError('QUEUE_NOT_FOUND', { queue: `${pool}/${name}` })
      if (!paused) wake(pool)
      return queue
    },
    async putLimit(name, slots) {
      const { limit, granted } = await store.putLimit(name, slots)
      tellGranted(context, granted)
      return limit
    },
  }
}

async function findPool({ home }: Context, name: string): Promise<WorkPoolRecord | undefined> {
  return (await home.store.listPools()).find((pool) => pool.name === name)
}

async function findQueue(context: Context, pool: string, name: string): Promise<WorkQueueRecord | undefined> {
  if (!(await findPool(context, pool))) throw await unknownPool(context, pool)
  return (await context.home.store.listQueues(pool)).find((queue) => queue.name === name)
}

async function unknownPool({ home }: Context, pool: string): Promise<SluiceError> {
  return new SluiceError('POOL_NOT_FOUND', { pool, known: (await home.store.listPools()).map(({ name }) => name) })
}
