import { DBOS } from '@dbos-inc/dbos-sdk'
import { report } from '../fork-child.ts'
import { startStopwatch } from '../platform.ts'
import { measureRounds } from '../rounds.ts'

// The workloads of ./sluice.ts for DBOS Transact, as its documentation has it: workflows are registered functions, steps go
// through DBOS.runStep, parallel steps are started in a fixed order and awaited with Promise.allSettled. Its own defaults
// (ten connections, no tracing); only its log lines are off.
//
// node dbos.ts tasks <sequential|fanned-out> <count> <rounds>
// node dbos.ts crash|resume <sequential|fanned-out> <count>
// node dbos.ts one-step

const [, , phase = '', kind = 'sequential', count = '0', rounds = '0'] = process.argv
const items = Number(count)
const unfinished = 'unfinished'

const noop = (item: number) => DBOS.runStep(async () => item, { name: 'noop' })

const afterSteps = () =>
  DBOS.runStep(
    async () => {
      if (phase === 'crash') process.kill(process.pid, 'SIGKILL')
    },
    { name: 'after-steps' },
  )

const workflows = {
  sequential: async (steps: number): Promise<void> => {
    for (let item = 0; item < steps; item++) await noop(item)
    if (phase !== 'tasks') await afterSteps()
  },
  'fanned-out': async (steps: number): Promise<void> => {
    await Promise.allSettled(Array.from({ length: steps }, (_, item) => noop(item)))
    if (phase !== 'tasks') await afterSteps()
  },
}

const name = kind === 'fanned-out' ? 'fanned-out' : 'sequential'
const workflow = DBOS.registerWorkflow(workflows[name], { name })

DBOS.setConfig({ name: 'bench', systemDatabaseUrl: process.env['BENCH_DATABASE_URL'] ?? '', logLevel: 'error' })
const watch = startStopwatch()
await DBOS.launch()
const result = await run()
await DBOS.shutdown()
report(result)

async function run(): Promise<unknown> {
  switch (phase) {
    case 'tasks':
      return measureRounds(Math.max(items, 1), Number(rounds), () => workflow(items))
    case 'crash':
      return DBOS.startWorkflow(workflow, { workflowID: unfinished })(items).then((handle) => handle.getResult())
    case 'resume':
      // launch() has found it and is running it.
      await DBOS.retrieveWorkflow(unfinished).getResult({ pollingIntervalMs: 5 })
      return { wall: watch.wall() }
    default:
      return workflow(1)
  }
}
