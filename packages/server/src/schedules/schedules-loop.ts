import type { Context } from '../context.ts'
import { type Loop, startLoop } from '../loops/loop.ts'
import { topics } from '../loops/wakeups.ts'
import { createFirings } from './firings.ts'

/** Without anything due: schedules of other servers' making are found by then. */
const longestMs = 5_000
/** Schedules in one transaction. */
const batch = 500

/**
 * Fires schedules. Every server does: the cursor of a schedule moves only from where it was read, together with its runs, so that of
 * several servers one wins and the others' work is void.
 */
export function startSchedulesLoop(context: Context): Loop {
  const { home, clock, log, wakeups, counters } = context
  const firings = createFirings(context)
  const turn = async (): Promise<number> => {
    const { now, due, nextInMicros } = await home.store.dueSchedules(batch)
    if (due.length === 0) return Math.min(longestMs, Math.max(0, (nextInMicros ?? longestMs * 1_000) / 1_000))
    const { fire, missed } = await firings.decide(due, now)
    const made = new Set(await home.store.fireSchedules(fire))
    counters.add('schedules.fired', made.size)
    const pools = fire.flatMap(({ runs }) => runs.filter(({ id }) => made.has(id)).map(({ origin }) => origin?.pool))
    wakeups.send(...pools.filter((pool) => typeof pool === 'string').map(topics.pool))
    if (made.size > 0) wakeups.send(topics.events)
    if (missed.length > 0) await home.store.emitEvents(missed)
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
