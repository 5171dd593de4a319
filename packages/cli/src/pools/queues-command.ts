import type { WorkQueueJson } from '@sluice/api'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { concurrencyOption, usedText } from '../output/concurrency.ts'
import { cell, showList, showOne, type ListView } from '../output/show-list.ts'
import { readAll } from '../runs/read-all.ts'

export interface QueueFlags {
  readonly json: boolean
  readonly pool: string
  readonly concurrency?: string | undefined
  readonly priority?: number | undefined
}

const view: ListView<WorkQueueJson> = {
  columns: [
    { title: 'POOL' },
    { title: 'QUEUE' },
    { title: 'STATE' },
    { title: 'PRIORITY', align: 'right' },
    { title: 'RUNNING', align: 'right' },
    { title: 'QUEUED', align: 'right' },
  ],
  row: (queue) => [
    cell(queue.pool),
    cell(queue.name, 'bold'),
    cell(queue.paused ? 'paused' : 'active', queue.paused ? 'yellow' : 'green'),
    cell(queue.priority),
    cell(usedText(queue.running, queue.concurrency)),
    cell(queue.queued),
  ],
  empty: 'The pool has no queues.',
}

/** `sluice queues ls`: of one pool, or of all. */
export async function listQueues(
  flags: { readonly json: boolean; readonly pool?: string | undefined },
  io: CliIo,
): Promise<number> {
  return withClient(io, async (client) => {
    const pools =
      flags.pool === undefined
        ? (await readAll((after) => client.listPools({ query: { limit: 1000, ...after } }))).map((pool) => pool.name)
        : [flags.pool]
    const lists = await Promise.all(
      pools.map((pool) =>
        readAll((after) => client.listQueues({ params: { pool }, query: { limit: 1000, ...after } })),
      ),
    )
    return showList(lists.flat(), view, flags.json, io)
  })
}

/** `sluice queues create|set <queue>`: what is left out keeps its value. */
export async function putQueue(name: string, flags: QueueFlags, io: CliIo): Promise<number> {
  const body = {
    ...(flags.concurrency === undefined ? {} : { concurrency: concurrencyOption('--concurrency', flags.concurrency) }),
    ...(flags.priority === undefined ? {} : { priority: flags.priority }),
  }
  return withClient(io, async (client) => {
    const queue = await client.putQueue({ params: { pool: flags.pool, queue: name }, body })
    const most = queue.concurrency === null ? 'no limit' : `at most ${queue.concurrency} at once`
    return showOne(
      queue,
      () => [`Queue ${queue.pool}/${queue.name}: priority ${queue.priority}, ${most}.`],
      flags.json,
      io,
    )
  })
}

/** `sluice queues pause|resume <queue>` */
export async function setQueuePaused(name: string, paused: boolean, flags: QueueFlags, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const params = { pool: flags.pool, queue: name }
    const queue = await (paused ? client.pauseQueue({ params }) : client.resumeQueue({ params }))
    return showOne(
      queue,
      () => [`Queue ${queue.pool}/${queue.name} is ${paused ? 'paused' : 'active'}.`],
      flags.json,
      io,
    )
  })
}

/** `sluice queues rm <queue>` */
export async function removeQueue(name: string, pool: string, io: CliIo): Promise<number> {
  await withClient(io, (client) => client.deleteQueue({ params: { pool, queue: name } }))
  io.stdout.write(`Queue ${pool}/${name} is gone.\n`)
  return exitCodes.ok
}
