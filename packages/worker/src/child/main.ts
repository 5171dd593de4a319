// The process that a worker starts for runs: one at a time, told over IPC. It ends with its parent.
import { flushCompileCache } from 'node:module'
import { startEngineRun, type EngineRun } from '../engine-run.ts'
import { nextTurn, pause, systemPlatform } from '../platform.ts'
import type { FromChild, RunOrder, ToChild } from './messages.ts'

const settleMs = 100
const settleSteps = 10
const mostLinesUnderWay = 1_000

const send = process.send?.bind(process)
// The channel is ours: code of a flow that finds it would talk to the worker.
Reflect.deleteProperty(process, 'send')
Reflect.deleteProperty(process, 'disconnect')

let current: EngineRun | undefined
let linesUnderWay = 0
let linesUntold = 0
/** What is active before any run, once everything is loaded. */
const baseline = new Promise<ReadonlyMap<string, number>>((resolve) =>
  nextTurn(() => {
    // Opened by their first use: that is nothing that a run leaves behind.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
    resolve(activeResources())
  }),
)

// Nobody is left to tell, and somebody else will have the run. Whatever it started goes with it: it leads its group.
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'))
process.on('SIGTERM', () => current?.cancel('SIGTERM'))
process.on('SIGINT', () => undefined)
process.on('message', (message: ToChild) => void baseline.then((before) => heard(message, before)))
void baseline.then(() => tell({ kind: 'ready' }))

function heard(message: ToChild, before: ReadonlyMap<string, number>): void {
  if (message.kind === 'run') void runOrder(message.order, before)
  else if (message.kind === 'lease') current?.lease(message.until)
  else if (message.kind === 'cancel') current?.cancel(message.reason)
  else process.exit(0)
}

async function runOrder(order: RunOrder, before: ReadonlyMap<string, number>): Promise<void> {
  process.chdir(order.cwd)
  Object.assign(process.env, order.env)
  current = startEngineRun({
    ...order,
    monotonic: () => systemPlatform.monotonic(),
    maySuspend: true,
    line: tellLine,
    started: () => {
      tell({ kind: 'started' })
      // A process that is killed later must not have compiled for nothing.
      flushCompileCache()
    },
  })
  const end = await current.end
  current = undefined
  tell({ kind: 'over', end, leftovers: await leftovers(before) })
}

/** What keeps the process busy beyond what did before: timers, sockets, files. What ends by itself gets a moment to do so. */
async function leftovers(before: ReadonlyMap<string, number>): Promise<readonly string[]> {
  for (let step = 0; ; step++) {
    const left = [...activeResources()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind]) => kind)
    if (left.length === 0 || step === settleSteps) return left
    await pause(systemPlatform, settleMs / settleSteps)
  }
}

function activeResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/**
 * Lines are only shown: the store has them from the engine. A run that logs a million of them in one turn must not fill the memory
 * with what its parent has not read, nor keep its own end waiting behind them.
 */
function tellLine(level: number, text: string): void {
  if (linesUnderWay >= mostLinesUnderWay) {
    linesUntold++
    return
  }
  linesUnderWay++
  tell({ kind: 'line', level, text }, () => {
    linesUnderWay--
    if (linesUnderWay > 0 || linesUntold === 0) return
    tell({ kind: 'line', level: 40, text: `${linesUntold} lines of its log are not shown here` })
    linesUntold = 0
  })
}

function tell(message: FromChild, sent: () => void = () => undefined): void {
  // A channel that is gone is noticed by 'disconnect'.
  if (process.connected) send?.(message, undefined, undefined, sent)
}
