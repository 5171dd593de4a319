import type { Micros } from '@sluice/core'
import type { DueSchedule } from '@sluice/store'
import type { Context } from '../context.ts'
import { type Loop, startLoop } from '../loops/loop.ts'
import { topics } from '../loops/wakeups.ts'
import { createFirings } from './firings.ts'

/** Without anything due: schedules of other servers' making are found by then. */
const longestMs = 5_000
/** Schedules in one transaction. */
const batch = 250
/** Transactions under way at once: most of the time of one is PostgreSQL's, which has a process for each. */
const lanes = 4
/** Schedules read at once: a read stands still for nobody, and one for all would hold them all in memory. */
const page = 2_000

/**
 * Fires schedules. Every server does: the cursor of a schedule moves only from where it was read, together with its runs, so that of
 * several servers one wins and the others' work is void.
 */
export function startSchedulesLoop(context: Context): Loop {
  const { home, clock, log, wakeups, counters } = context
  const firings = createFirings(context)
  const fire = async (due: readonly DueSchedule[], now: Micros): Promise<void> => {
    const { fire: firing, missed } = await firings.decide(due, now)
    const made = new Set(await home.store.fireSchedules(firing))
    counters.add('schedules.fired', made.size)
    const pools = firing.flatMap(({ runs }) => runs.filter(({ id }) => made.has(id)).map(({ origin }) => origin?.pool))
    wakeups.send(...pools.filter((pool) => typeof pool === 'string').map(topics.pool))
    if (made.size > 0) wakeups.send(topics.events)
    if (missed.length > 0) await home.store.emitEvents(missed)
  }
  const turn = async (): Promise<number> => {
    const { now, due, nextInMicros } = await home.store.dueSchedules(page)
    if (due.length === 0) return Math.min(longestMs, Math.max(0, (nextInMicros ?? longestMs * 1_000) / 1_000))
    const batches = batchesOf(due).values()
    const lane = async (): Promise<void> => {
      for (const some of batches) await fire(some, now)
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    return 0
  }
  const end = wakeups.on(topics.schedules, () => loop.wake())
  const loop = startLoop({ name: 'schedules', everyMs: 1_000, turn, clock, log, onDisturbed: context.expiry.disturbed })
  return {
    wake: () => loop.wake(),
    async stop() {
      end()
      await loop.stop()
    },
  }
}

const batchesOf = (due: readonly DueSchedule[]): readonly (readonly DueSchedule[])[] =>
  Array.from({ length: Math.ceil(due.length / batch) }, (_, index) => due.slice(index * batch, (index + 1) * batch))
