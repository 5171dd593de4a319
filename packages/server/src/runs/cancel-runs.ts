import { isTerminal, SluiceError, stateOf } from '@sluice/core'
import type { RunRecord, TaskRunRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import { topics } from '../loops/wakeups.ts'
import { getRun } from './get-run.ts'

export type CancelOutcome = 'cancelling' | 'cancelled' | 'ended' | 'notFound'

/** Store calls under way at once for one request. */
const width = 10

/**
 * Asks for the end of a run. One that nobody has (queued, suspended) ends at once; the owner of any other is told. A child run is one
 * call of its root run and ends as such: its root's owner is told. Throws `RUN_NOT_FOUND`.
 */
export async function cancelRun(
  context: Context,
  id: string,
  reason: string | undefined,
  by: string,
): Promise<RunRecord> {
  const { home, wakeups } = context
  const run = await getRun(home.store, id)
  if (isTerminal(run.state.type)) return run
  if (run.rootId !== run.id) {
    await home.store.requestTaskCancel(run.rootId, run.id)
    wakeups.send(topics.run(run.rootId))
    return run
  }
  const message = reason === undefined ? `cancelled by ${by}` : `cancelled by ${by}: ${reason}`
  await home.store.requestCancel(id, stateOf('Cancelling', home.settings.platform.now(), { message }))
  wakeups.send(topics.run(id), topics.events, topics.waits)
  return getRun(home.store, id)
}

/** Answers what became of each, in their order. */
export async function cancelRuns(
  context: Context,
  ids: readonly string[],
  reason: string | undefined,
  by: string,
): Promise<readonly { readonly id: string; readonly outcome: CancelOutcome }[]> {
  const outcomes: { id: string; outcome: CancelOutcome }[] = []
  for (let from = 0; from < ids.length; from += width) {
    const some = ids.slice(from, from + width)
    outcomes.push(...(await Promise.all(some.map((id) => cancelOne(context, id, reason, by)))))
  }
  return outcomes
}

async function cancelOne(
  context: Context,
  id: string,
  reason: string | undefined,
  by: string,
): Promise<{ id: string; outcome: CancelOutcome }> {
  const before = await context.home.store.getRun(id)
  if (!before) return { id, outcome: 'notFound' }
  if (isTerminal(before.state.type)) return { id, outcome: 'ended' }
  const { state } = await cancelRun(context, id, reason, by)
  if (state.type === 'cancelled') return { id, outcome: 'cancelled' }
  return { id, outcome: isTerminal(state.type) ? 'ended' : 'cancelling' }
}

/** Asks the owner of its run to end one task run. Throws `TASK_RUN_NOT_FOUND`. */
export async function cancelTask({ home, wakeups }: Context, taskRunId: string): Promise<TaskRunRecord> {
  const task = await home.store.getTaskRun(taskRunId)
  if (!task) throw new SluiceError('TASK_RUN_NOT_FOUND', { taskRun: taskRunId })
  if (isTerminal(task.state.type)) return task
  await home.store.requestTaskCancel(task.rootId, taskRunId)
  wakeups.send(topics.run(task.rootId))
  return task
}
