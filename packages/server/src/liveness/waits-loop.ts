import type { Context } from '../context.ts'
import { type Loop, startLoop } from '../loops/loop.ts'
import { topics } from '../loops/wakeups.ts'

const everyMs = 500
const batch = 500

/** Answers waits for runs that have ended and for events that have come; told so, or every half second. */
export function startWaitsLoop(context: Context): Loop {
  const { home, clock, log, wakeups } = context
  const end = wakeups.on(topics.waits, () => loop.wake())
  const turn = async (): Promise<number | void> => {
    const roots = await home.store.settleWaits(batch)
    if (roots.length > 0) await tellAnswered(context, roots)
    return roots.length >= batch ? 0 : undefined
  }
  const loop = startLoop({ name: 'waits', everyMs, turn, clock, log, onDisturbed: context.expiry.disturbed })
  return {
    wake: () => loop.wake(),
    async stop() {
      end()
      await loop.stop()
    },
  }
}

/** Owners that wait in their process look; those that were suspended are due, and workers of their pools look. */
async function tellAnswered({ home, wakeups }: Context, roots: readonly string[]): Promise<void> {
  wakeups.send(...roots.map(topics.run))
  const due = (await home.store.nextDue()).filter(({ inMicros }) => inMicros <= 0)
  wakeups.send(...due.map(({ pool }) => topics.pool(pool)))
}
