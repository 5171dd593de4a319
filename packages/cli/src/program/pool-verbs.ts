import type { Command } from 'commander'
import { collect, examples, type JsonOptions, jsonOption, type Verbs, whole } from './options.ts'

export function addPoolVerbs(program: Command, verbs: Verbs): void {
  addPools(program, verbs)
  addQueues(program, verbs)
}

function addPools(program: Command, verbs: Verbs): void {
  const pools = program.command('pools').description('where runs wait for workers')
  addReadPools(pools, verbs)
  addChangePools(pools, verbs)
}

function addReadPools(pools: Command, { io, done }: Verbs): void {
  pools
    .command('ls', { isDefault: true })
    .description('list the pools: what runs, what waits, who works')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice pools ls']))
    .action(async (options: JsonOptions) => {
      const { listPools } = await import('../pools/pools-command.ts')
      done(await listPools({ json: options.json === true }, io))
    })
  pools
    .command('show')
    .description('show a pool with its queues and workers')
    .argument('<pool>')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice pools show default']))
    .action(async (pool: string, options: JsonOptions) => {
      const { showPool } = await import('../pools/pools-command.ts')
      done(await showPool(pool, { json: options.json === true }, io))
    })
}

function addChangePools(pools: Command, { io, done }: Verbs): void {
  for (const [verb, description] of [
    ['create', 'make a pool'],
    ['set', 'change a pool; what is left out keeps its value'],
  ] as const) {
    pools
      .command(verb)
      .description(description)
      .argument('<pool>')
      .option('--concurrency <n>', "so many runs at once, over all workers; 'none' for no limit")
      .option('--description <text>', 'what it is for')
      .addOption(jsonOption())
      .addHelpText('after', examples([`sluice pools ${verb} heavy --concurrency 2`]))
      .action(async (pool: string, options: JsonOptions & { concurrency?: string; description?: string }) => {
        const { putPool } = await import('../pools/pools-command.ts')
        done(await putPool(pool, { ...options, json: options.json === true }, io))
      })
  }
  for (const verb of ['pause', 'resume'] as const) {
    pools
      .command(verb)
      .description(verb === 'pause' ? 'give its workers no more runs' : 'give its workers runs again')
      .argument('<pool>')
      .addOption(jsonOption())
      .addHelpText('after', examples([`sluice pools ${verb} heavy`]))
      .action(async (pool: string, options: JsonOptions) => {
        const { setPoolPaused } = await import('../pools/pools-command.ts')
        done(await setPoolPaused(pool, verb === 'pause', { json: options.json === true }, io))
      })
  }
  pools
    .command('rm')
    .description('delete a pool that nothing uses')
    .argument('<pool>')
    .addHelpText('after', examples(['sluice pools rm heavy']))
    .action(async (pool: string) => {
      const { removePool } = await import('../pools/pools-command.ts')
      done(await removePool(pool, io))
    })
}

interface QueueOptions extends JsonOptions {
  readonly pool: string
  readonly concurrency?: string
  readonly priority?: number
}

function addQueues(program: Command, verbs: Verbs): void {
  const { io, done } = verbs
  const queues = program.command('queues').description('queues of a pool: with priorities and limits of their own')
  queues
    .command('ls', { isDefault: true })
    .description('list queues')
    .option('--pool <pool>', 'only of this pool')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice queues ls --pool default']))
    .action(async (options: JsonOptions & { pool?: string }) => {
      const { listQueues } = await import('../pools/queues-command.ts')
      done(await listQueues({ pool: options.pool, json: options.json === true }, io))
    })
  addChangeQueues(queues, verbs)
}

function addChangeQueues(queues: Command, { io, done }: Verbs): void {
  for (const verb of ['create', 'set'] as const) {
    queues
      .command(verb)
      .description(verb === 'create' ? 'make a queue' : 'change a queue; what is left out keeps its value')
      .argument('<queue>')
      .option('--pool <pool>', 'the pool it belongs to', 'default')
      .option('--concurrency <n>', "so many runs at once; 'none' for no limit")
      .option('--priority <n>', 'of its runs: each step counts as a minute of waiting (-100 to 100)', whole(-100, 100))
      .addOption(jsonOption())
      .addHelpText('after', examples([`sluice queues ${verb} urgent --priority 10`]))
      .action(async (queue: string, options: QueueOptions) => {
        const { putQueue } = await import('../pools/queues-command.ts')
        done(await putQueue(queue, { ...options, json: options.json === true }, io))
      })
  }
  for (const verb of ['pause', 'resume'] as const) {
    queues
      .command(verb)
      .description(verb === 'pause' ? 'give workers no more of its runs' : 'give workers its runs again')
      .argument('<queue>')
      .option('--pool <pool>', 'the pool it belongs to', 'default')
      .addOption(jsonOption())
      .addHelpText('after', examples([`sluice queues ${verb} urgent --pool default`]))
      .action(async (queue: string, options: QueueOptions) => {
        const { setQueuePaused } = await import('../pools/queues-command.ts')
        done(await setQueuePaused(queue, verb === 'pause', { ...options, json: options.json === true }, io))
      })
  }
  queues
    .command('rm')
    .description('delete a queue that nothing uses')
    .argument('<queue>')
    .option('--pool <pool>', 'the pool it belongs to', 'default')
    .addHelpText('after', examples(['sluice queues rm urgent']))
    .action(async (queue: string, options: QueueOptions) => {
      const { removeQueue } = await import('../pools/queues-command.ts')
      done(await removeQueue(queue, options.pool, io))
    })
}

/** `worker ls` and `worker start`; the worker itself is the room of that name. */
export function addWorker(program: Command, { io, done }: Verbs): void {
  const worker = program.command('worker').description('processes that take up runs')
  worker
    .command('start')
    .description('take up runs of a pool until Ctrl-C, which lets them finish first')
    .option('--pool <pool>', 'the pool to work for', 'default')
    .option('--queue <queue>', 'only runs of this queue (repeatable)', collect)
    .option('--limit <n>', 'so many runs at once; twice the cores by default, 50 inline', whole(1, 10_000))
    .option('--inline', 'run flows in this process: fast, for flows that are trusted and light')
    .option('--name <name>', 'how it is called; the name of the machine by default')
    .addHelpText(
      'after',
      `
The first Ctrl-C (or SIGTERM) takes no more runs and lets the present ones finish; the second leaves them to other workers.
${examples(['sluice worker start --pool default', 'sluice worker start --pool heavy --limit 2', 'sluice --api-url https://sluice.example.org worker start --pool default'])}`,
    )
    .action(async (options: WorkerOptions) => {
      const { workerCommand } = await import('../service/worker-command.ts')
      const flags = { ...options, queues: options.queue ?? [], inline: options.inline === true }
      done(await workerCommand(flags, io))
    })
  worker
    .command('ls')
    .description('list workers')
    .option('--pool <pool>', 'only of this pool')
    .option('-a, --all', 'also those that are gone')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice worker ls']))
    .action(async (options: JsonOptions & { pool?: string; all?: true }) => {
      const { listWorkers } = await import('../pools/workers-command.ts')
      done(await listWorkers({ pool: options.pool, all: options.all === true, json: options.json === true }, io))
    })
}

interface WorkerOptions {
  readonly pool: string
  readonly queue?: string[]
  readonly limit?: number
  readonly inline?: true
  readonly name?: string
}
