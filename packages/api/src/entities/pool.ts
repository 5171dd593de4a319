import * as z from 'zod'
import { concurrency, count, priority, text, time } from '../basics.ts'

/** Where runs wait for workers. */
export const workPool = z
  .strictObject({
    name: text(100),
    kind: z.enum(['process']),
    description: text(10_000).nullable(),
    concurrency,
    paused: z.boolean(),
    running: count.meta({ description: 'Runs that workers hold now.' }),
    queued: count.meta({ description: 'Runs that wait to be claimed, now or later.' }),
    workersOnline: count,
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'WorkPool' })

export const newWorkPool = z
  .strictObject({
    kind: z.enum(['process']).optional(),
    description: text(10_000).nullable().optional(),
    concurrency: concurrency.optional(),
  })
  .meta({ id: 'NewWorkPool' })

export const workQueue = z
  .strictObject({
    pool: text(100),
    name: text(100),
    concurrency,
    priority,
    paused: z.boolean(),
    running: count,
    queued: count,
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'WorkQueue' })

export const newWorkQueue = z
  .strictObject({ concurrency: concurrency.optional(), priority: priority.optional() })
  .meta({ id: 'NewWorkQueue' })

export type WorkPoolJson = z.infer<typeof workPool>
export type WorkQueueJson = z.infer<typeof workQueue>
