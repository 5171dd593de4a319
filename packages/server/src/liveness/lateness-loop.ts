import type { Context } from '../context.ts'
import { type Loop, startLoop } from '../loops/loop.ts'
import { topics } from '../loops/wakeups.ts'

const everyMs = 5_000
const batch = 500

/** Calls runs Late that are due and that nobody has taken. */
export function startLatenessLoop(context: Context): Loop {
  const { home, clock, log, settings, wakeups } = context
  const turn = async (): Promise<number | void> => {
    const late = await home.store.markLate({ afterMs: settings.lateAfterMs, limit: batch })
    if (late.length > 0) wakeups.send(topics.events)
    return late.length === batch ? 0 : undefined
  }
  return startLoop({ name: 'lateness', everyMs, turn, clock, log, onDisturbed: context.expiry.disturbed })
}
