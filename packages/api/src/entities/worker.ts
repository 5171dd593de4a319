import * as z from 'zod'
import { count, id, text, time } from '../basics.ts'

export const workerStatus = z.enum(['online', 'offline', 'draining'])

/** One incarnation of a worker process. */
export const worker = z
  .strictObject({
    id,
    name: text(200),
    pool: text(100),
    queues: z.array(text(100)).max(100).meta({ description: 'Empty: all queues of its pool.' }),
    host: text(300),
    pid: count,
    version: text(100),
    mode: z.enum(['process', 'inline']),
    capacity: count,
    status: workerStatus,
    runs: count,
    startedAt: time,
    lastSeenAt: time,
  })
  .meta({ id: 'Worker' })

export type WorkerJson = z.infer<typeof worker>
