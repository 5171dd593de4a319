import type { WorkPoolJson } from '@sluice/api'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { concurrencyOption, usedText } from '../output/concurrency.ts'
import { cell, factLines, showList, showOne, type ListView } from '../output/show-list.ts'
import { readAll } from '../runs/read-all.ts'

export interface PoolFlags {
  readonly json: boolean
  readonly concurrency?: string | undefined
  readonly description?: string | undefined
}

const view: ListView<WorkPoolJson> = {
  columns: [
    { title: 'POOL' },
    { title: 'STATE' },
    { title: 'RUNNING', align: 'right' },
    { title: 'QUEUED', align: 'right' },
    { title: 'WORKERS', align: 'right' },
    { title: 'DESCRIPTION', give: 1, drop: 1 },
  ],
  row: (pool) => [
    cell(pool.name, 'bold'),
    cell(stateText(pool), pool.paused ? 'yellow' : 'green'),
    cell(usedText(pool.running, pool.concurrency)),
    cell(pool.queued),
    cell(pool.workersOnline, pool.workersOnline === 0 && pool.queued > 0 ? 'red' : undefined),
    cell(pool.description),
  ],
  empty: 'There are no work pools. Make one: npx sluice pools create <name>',
}

/** `sluice pools ls` */
export async function listPools(flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const pools = await readAll((after) => client.listPools({ query: { limit: 1000, ...after } }))
    return showList(pools, view, flags.json, io)
  })
}

/** `sluice pools show <pool>`: with its queues and workers. */
export async function showPool(name: string, flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const pool = await client.getPool({ params: { pool: name } })
    const queues = await readAll((after) =>
      client.listQueues({ params: { pool: name }, query: { limit: 1000, ...after } }),
    )
    const workers = await readAll((after) => client.listWorkers({ query: { pool: name, limit: 1000, ...after } }))
    const lines = (): readonly string[] =>
      factLines(
        [
          ['pool', pool.name],
          ['state', stateText(pool)],
          ['description', pool.description ?? ''],
          ['running', usedText(pool.running, pool.concurrency)],
          ['queued', String(pool.queued)],
          ['queues', queues.map((queue) => (queue.paused ? `${queue.name} (paused)` : queue.name)).join(', ')],
          ['workers', workers.map((worker) => `${worker.name} ${worker.status}`).join(', ') || startOne(name)],
        ],
        io,
      )
    return showOne({ ...pool, queues, workers }, lines, flags.json, io)
  })
}

/** `sluice pools create|set <pool>`: what is left out keeps its value. */
export async function putPool(name: string, flags: PoolFlags, io: CliIo): Promise<number> {
  const body = {
    ...(flags.concurrency === undefined ? {} : { concurrency: concurrencyOption('--concurrency', flags.concurrency) }),
    ...(flags.description === undefined ? {} : { description: flags.description }),
  }
  return withClient(io, async (client) => {
    const pool = await client.putPool({ params: { pool: name }, body })
    const most = pool.concurrency === null ? 'no limit' : `at most ${pool.concurrency} at once`
    return showOne(
      pool,
      () => [`Pool ${pool.name}: ${most}. ${pool.workersOnline === 0 ? startOne(name) : ''}`.trim()],
      flags.json,
      io,
    )
  })
}

/** `sluice pools pause|resume <pool>` */
export async function setPoolPaused(
  name: string,
  paused: boolean,
  flags: { readonly json: boolean },
  io: CliIo,
): Promise<number> {
  return withClient(io, async (client) => {
    const params = { pool: name }
    const pool = await (paused ? client.pausePool({ params }) : client.resumePool({ params }))
    return showOne(
      pool,
      () => [`Pool ${pool.name} is ${paused ? 'paused: its workers get no more runs' : 'active'}.`],
      flags.json,
      io,
    )
  })
}

/** `sluice pools rm <pool>` */
export async function removePool(name: string, io: CliIo): Promise<number> {
  await withClient(io, (client) => client.deletePool({ params: { pool: name } }))
  io.stdout.write(`Pool ${name} is gone.\n`)
  return exitCodes.ok
}

function stateText(pool: WorkPoolJson): string {
  return pool.paused ? 'paused' : 'active'
}

function startOne(pool: string): string {
  return `Start a worker: npx sluice worker start --pool ${pool}`
}
