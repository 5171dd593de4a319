import { isTerminal, SluiceError } from '@sluice/core'
import type { RunRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import { topics } from '../loops/wakeups.ts'
import { answerInput } from '../waits/answer-wait.ts'
import { schemaOfWait } from '../waits/wait-schema.ts'
import { getRun } from './get-run.ts'

/**
 * Lets a run go on now: one that waits in its queue is due, and open questions that anything answers are answered with nothing. A question
 * with a schema needs an answer. Throws `RUN_NOT_FOUND`, `RUN_NOT_RESUMABLE`.
 */
export async function resumeRun(context: Context, id: string, by: string): Promise<RunRecord> {
  const { home, wakeups } = context
  const run = await getRun(home.store, id)
  if (isTerminal(run.state.type)) throw new SluiceError('RUN_NOT_RESUMABLE', { run: id, state: run.state.name })
  const answered = await answerOpenInputs(context, run, by)
  const due = await home.store.makeDue(id)
  if (due) wakeups.send(topics.pool(due.pool), topics.events)
  if (!due && !answered) throw new SluiceError('RUN_NOT_RESUMABLE', { run: id, state: run.state.name })
  return getRun(home.store, id)
}

async function answerOpenInputs(context: Context, run: RunRecord, by: string): Promise<boolean> {
  const { items } = await context.home.store.listWaits({ rootId: run.rootId, status: 'open', limit: 100 })
  const inputs = items.filter(({ kind, answer }) => kind === 'input' && answer === null)
  const needy = inputs.find(({ match }) => schemaOfWait(match) !== null)
  if (needy)
    throw new SluiceError('RUN_NOT_RESUMABLE', {
      run: run.id,
      state: run.state.name,
      reason: `it waits for an answer to '${needy.name ?? needy.id}'`,
    })
  for (const wait of inputs) await answerInput(context, wait, null, by)
  return inputs.length > 0
}
