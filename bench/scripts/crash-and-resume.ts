import { continueRun, flow, markDeadRuns, openHome, startRun, task } from '@sluice/engine'
import { report } from '../fork-child.ts'
import { startStopwatch } from '../platform.ts'
import { type Count, type CountFlow, silent } from '../workloads.ts'

// node crash-and-resume.ts <crash|resume> <sequential|fanned-out> <count>
//   crash:  runs so many tasks, then the process kills itself with the run unfinished.
//   resume: opens the same home in a new process, finds the dead run, continues it to its end and reports the milliseconds.
// The home is SLUICE_HOME, the database SLUICE_DATABASE_URL if given, as for any script.

const [, , phase, kind, count = '0'] = process.argv

const noop = task({ name: 'noop' }, async (item: number) => item)

/** What happens after the last task: once a crash, later the end. */
const afterTasks = task({ name: 'after-tasks', persist: false }, async () => {
  if (phase === 'crash') process.kill(process.pid, 'SIGKILL')
})

const flows: Readonly<Record<string, CountFlow>> = {
  sequential: flow({ name: 'sequential' }, async (parameters: Count) => {
    for (let item = 0; item < parameters.count; item++) await noop(item)
    await afterTasks()
  }),
  'fanned-out': flow({ name: 'fanned-out' }, async (parameters: Count) => {
    await Promise.all(Array.from({ length: parameters.count }, (_, item) => noop(item)))
    await afterTasks()
  }),
}

const of = flows[kind ?? '']
if (of === undefined) throw new Error(`no flow ${kind}`)
const watch = startStopwatch()
await using home = await openHome()
if (phase === 'crash') await startRun(of, { count: Number(count) }, { home, reporter: silent })
const [dead] = await markDeadRuns(home)
const run = dead && (await home.store.getRun(dead.id))
if (run === undefined) throw new Error('no run to continue: the crash did not happen')
await continueRun({ home, run, flow: of, reporter: silent, mode: 'resume' })
const wall = watch.wall()
const counts = await home.store.countTaskRuns(run.id)
if (counts.completed !== Number(count) + 1) throw new Error(`${counts.completed} completed tasks`)
report({ wall })
