import { formatDuration } from '@sluice/core'
import type { Context } from '../context.ts'
import { type Loop, startLoop } from '../loops/loop.ts'
import { reclaim } from './reclaim.ts'

const everyMs = 1_000
/** Workers that are looked at in one turn. */
const batch = 100

/**
 * Takes the runs of workers that have been silent for a whole lease. Not while the {@link ExpiryLaw} forbids it: a turn that is late,
 * or fails, or takes so long that this server must have stood still, counts as a gap in which nobody could renew.
 */
export function startLeasesLoop(context: Context): Loop {
  const { home, clock, log, settings, expiry } = context
  const gapMs = settings.leaseMs / 3
  const turn = async (): Promise<void> => {
    const began = clock.monotonic()
    const expired = await home.store.expiredWorkers(batch)
    if (clock.monotonic() - began > gapMs) expiry.disturbed()
    for (const { workerId, runs } of expired) {
      if (!expiry.mayExpire) return
      const message = `its worker was silent for ${formatDuration(settings.leaseMs)}`
      const taken = await reclaim(context, { runs, workerId, onlyExpired: true, crashed: true, message })
      if (taken.length > 0)
        log.warn('A worker is gone: its runs go to others', { worker: workerId, runs: taken.length })
    }
  }
  return startLoop({ name: 'leases', everyMs, turn, clock, log, onDisturbed: expiry.disturbed, lateAfterMs: gapMs })
}
