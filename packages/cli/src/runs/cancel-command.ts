import type { Client } from '@sluice/api/client'
import { isTerminal, nearest, stateOf, SluiceError } from '@sluice/core'
import { markDeadRuns, type Home } from '@sluice/engine'
import { shortId, stateWord } from '@sluice/engine/report'
import { findRunsServer } from '../connect/places.ts'
import { withClient } from '../connect/with-client.ts'
import { withHome } from '../connect/with-home.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printJson } from '../output/print.ts'
import { homeRuns } from './home-runs.ts'
import { requireRootRun } from './find-run.ts'
import type { RunSource, ShownRun } from './run-source.ts'
import { withRuns } from './with-runs.ts'

export interface CancelFlags {
  readonly json: boolean
  readonly wait: boolean
  /** Only this task of the run, by name or id. */
  readonly task?: string | undefined
}

const waitMs = 10_000
const lookEveryMs = 100

/**
 * `sluice runs cancel <id…>`: asks the processes of the runs to stop and waits for them. A run whose process is dead, or that nobody
 * has yet, ends Cancelled at once. Exit code 0 when all are (or, with `--no-wait`, will be) cancelled or had ended, else 1.
 */
export async function cancelCommand(names: readonly string[], flags: CancelFlags, io: CliIo): Promise<number> {
  if (flags.task !== undefined) return cancelTask(names, flags.task, flags, io)
  const cancelAll = async (source: RunSource, ask: (run: ShownRun) => Promise<void>): Promise<number> => {
    const runs = await Promise.all(names.map(async (name) => requireRootRun(await source.find(name))))
    for (const run of runs) if (!isTerminal(run.state.type)) await ask(run)
    const last = await Promise.all(runs.map((run) => untilEnded(source, run, flags.wait, io)))
    if (flags.json)
      printJson(io, names.length === 1 ? last[0]?.entity : { items: last.map((run) => run.entity), next: null })
    else io.stdout.write(last.map((run, i) => `${outcomeText(run, runs[i] ?? run, flags.wait)}\n`).join(''))
    const over = last.every((run) => isTerminal(run.state.type))
    return over || !flags.wait ? exitCodes.ok : exitCodes.failed
  }
  const byClient = (run: ShownRun): Promise<void> => withClient(io, (client) => cancelByClient(client, run))
  if ((await findRunsServer(io)) !== undefined) return withRuns(io, (source) => cancelAll(source, byClient))
  // Dead runs are not marked first: these would end Crashed, not Cancelled.
  return withHome(
    io,
    (home) =>
      cancelAll(homeRuns(home), (run) => (run.entity.pool === null ? requestCancel(home, run, io) : byClient(run))),
    { mark: false },
  )
}

async function cancelByClient(client: Client, run: ShownRun): Promise<void> {
  await client.cancelRun({ params: { run: run.id }, body: { reason: 'cancelled with sluice runs cancel' } })
}

async function requestCancel(home: Home, run: ShownRun, io: CliIo): Promise<void> {
  const state = stateOf('Cancelling', io.now(), { message: 'cancelled with sluice runs cancel' })
  await home.store.requestCancel(run.id, state)
  await markDeadRuns(home)
}

/** The task of that name or id that is under way: its call is rejected with `TASK_CANCELLED`, the flow goes on. */
async function cancelTask(names: readonly string[], task: string, flags: CancelFlags, io: CliIo): Promise<number> {
  const [name = '', ...others] = names
  if (others.length > 0) throw new SluiceError('OPTION_INVALID', { option: '--task', problem: 'it is for one run' })
  const open = await withRuns(io, async (source) => {
    const { tasks } = await source.tree((await source.find(name)).rootId, 50_000)
    return tasks.filter((each) => !isTerminal(each.state.type))
  })
  const found = open.filter((each) => each.name === task || each.runName === task || each.id.startsWith(task))
  const known = [...new Set(open.map((each) => each.name))]
  const near = nearest(task, known)
  if (found.length === 0)
    throw new SluiceError('OPTION_INVALID', {
      option: '--task',
      problem:
        near === undefined
          ? `no such task is under way; there are: ${known.join(', ') || 'none'}`
          : `did you mean '${near}'?`,
    })
  const asked = await withClient(io, async (client) => {
    const all = []
    for (const each of found) all.push(await client.cancelTaskRun({ params: { taskRun: each.id } }))
    return all
  })
  if (flags.json) printJson(io, { items: asked, next: null })
  else io.stdout.write(asked.map((each) => `Task ${each.name} (${shortId(each.id)}) was asked to stop.\n`).join(''))
  return exitCodes.ok
}

async function untilEnded(source: RunSource, run: ShownRun, wait: boolean, io: CliIo): Promise<ShownRun> {
  let last = (await source.getRun(run.id)) ?? run
  if (!wait) return last
  for (let waited = 0; waited < waitMs && !isTerminal(last.state.type); waited += lookEveryMs) {
    await io.wait(lookEveryMs)
    // Its process may die of the cancellation, or of something else meanwhile.
    if (waited % 1000 === 0) await source.refresh()
    last = (await source.getRun(run.id)) ?? last
  }
  return last
}

function outcomeText(run: ShownRun, before: ShownRun, waited: boolean): string {
  const name = `Run ${shortId(run.id)} (${run.flow})`
  if (isTerminal(before.state.type)) return `${name} had already ended: ${stateWord(run.state)}.`
  if (isTerminal(run.state.type)) return `${name} ended: ${stateWord(run.state)}.`
  const who = run.owner === null ? 'its process' : `process ${run.owner.pid} on ${run.owner.host}`
  return waited
    ? `${name} was asked to stop, and ${who} has not stopped within ${waitMs / 1000} s. It is told again on every step it takes.`
    : `${name} was asked to stop.`
}
