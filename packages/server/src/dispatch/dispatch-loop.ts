import type { Context } from '../context.ts'
import { type Loop, startLoop } from '../loops/loop.ts'
import { topics } from '../loops/wakeups.ts'
import type { Claims } from './claims.ts'

/** Wake-ups may be lost, and a slot may come free without any: whoever waits looks again this often. */
const safetyMs = 1_000

/**
 * Wakes the workers that wait, when something may be there for them: told so by whoever made a run or freed a slot, when the time of
 * the next run has come, and every second.
 */
export function startDispatchLoop(context: Context, claims: Claims): Loop {
  const { wakeups, clock, log, home } = context
  const ends = [
    wakeups.onPools((pool) => claims.wake(pool)),
    wakeups.on(topics.due, () => {
      if (claims.waiting) loop.wake()
    }),
  ]
  const turn = async (): Promise<number> => {
    if (!claims.waiting) return safetyMs
    const next = await home.store.nextDue()
    for (const { pool, inMicros } of next) if (inMicros <= 0) claims.wake(pool)
    const later = next.filter(({ inMicros }) => inMicros > 0).map(({ inMicros }) => inMicros / 1_000)
    return Math.min(safetyMs, ...later)
  }
  const loop = startLoop({
    name: 'dispatch',
    everyMs: safetyMs,
    turn,
    clock,
    log,
    onDisturbed: context.expiry.disturbed,
  })
  return {
    wake: () => loop.wake(),
    async stop() {
      for (const end of ends) end()
      await loop.stop()
    },
  }
}
