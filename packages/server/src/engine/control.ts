import { digest, SluiceError } from '@sluice/core'
import type { RunControl } from '@sluice/store'
import type { Context } from '../context.ts'
import { topics } from '../loops/wakeups.ts'
import type { Control, LongPoll } from '../services.ts'

const safetyMs = 2_000

/** What the owner of a run must know, as soon as there is more than it knows. Throws `RUN_NOT_FOUND`. */
export async function readControl(
  context: Context,
  rootId: string,
  seen: string | undefined,
  poll: LongPoll,
): Promise<Control> {
  const { home, wakeups, polls } = context
  let last: Control | undefined
  const look = async (): Promise<Control | undefined> => {
    const control = await home.store.readControl(rootId)
    if (!control) throw new SluiceError('RUN_NOT_FOUND', { run: rootId })
    last = { ...control, seen: mark(control) }
    return last.seen === seen ? undefined : last
  }
  const wakeOn = (wake: () => void): (() => void) => wakeups.on(topics.run(rootId), wake)
  const news = await polls.until({ ...poll, safetyMs, wakeOn }, look)
  const told = news ?? last
  if (!told) throw new SluiceError('RUN_NOT_FOUND', { run: rootId })
  return told
}

/** The same text for the same news. A state's progress (Running, Retrying) is none: the owner made it. */
function mark({ epoch, state, answers, cancelTasks }: RunControl): string {
  const cancelling = state.type === 'cancelling' ? 'c' : ''
  // Both lists only grow while the owner has not acted on them; what it has acted on leaves.
  const lists = [answers.map(({ waitId }) => waitId), cancelTasks].map((ids) => digestOf(ids))
  return [epoch, cancelling, ...lists].join('.')
}

function digestOf(ids: readonly string[]): string {
  return ids.length === 0 ? '' : `${ids.length}:${digest(ids.toSorted().join(' '))}`
}
