import { type HeartbeatAnswer, protocol, type Registration } from '@sluice/api'
import { isSluiceError, SluiceError } from '@sluice/core'
import type { Context } from '../context.ts'
import type { Assign } from '../dispatch/assignments.ts'
import type { Claims } from '../dispatch/claims.ts'
import type { WorkerRegistry } from '../dispatch/worker-registry.ts'
import { reportExit } from '../liveness/exit-report.ts'
import { tellReclaimed } from '../liveness/reclaim.ts'
import type { Lru } from '../lru.ts'
import { topics } from '../loops/wakeups.ts'
import type { ClaimedRun, WorkerServices } from '../services.ts'

export interface WorkerParts {
  readonly claims: Claims
  readonly registry: WorkerRegistry
  readonly assign: Assign
  /** Where runs are that were handed out here. */
  readonly pools: Lru<string, string>
}

/** What workers ask for. */
export function createWorkerServices(context: Context, parts: WorkerParts): WorkerServices {
  const { home, settings, wakeups, counters } = context
  const { leaseMs, heartbeatMs } = settings
  return {
    async register(id, registration) {
      checkProtocol(registration)
      const { protocol: _, queues = [], ...worker } = registration
      await home.store.registerWorker({ id, queues, ...worker }, leaseMs)
      parts.registry.add(id, { pool: worker.pool, queues })
      counters.add('workers.registered')
      return { leaseMs, heartbeatMs, protocol }
    },
    async heartbeat(id, { runs, draining }): Promise<HeartbeatAnswer> {
      const beat = { workerId: id, leaseMs, unlistedAfterMs: settings.unlistedAfterMs, draining, runs }
      const answer = await home.store.heartbeat(beat).catch((error: unknown) => {
        // What could not be renewed must not count as silence.
        if (isSluiceError(error, 'STORE_UNAVAILABLE')) context.expiry.disturbed()
        throw error
      })
      tellReclaimed(context, answer.unlisted)
      return { leaseMs, drop: [...answer.drop], cancelling: answer.cancelling.map((runId) => ({ id: runId })) }
    },
    async claim(id, { requestId, max }, poll) {
      const place = await parts.registry.find(id)
      const { runs, waitedMs } = await parts.claims.claim(place, { workerId: id, requestId, max }, poll)
      if (runs.length > 0) wakeups.send(topics.events)
      counters.add('runs.claimed', runs.length)
      for (const run of runs) parts.pools.set(run.id, place.pool)
      return { runs: await Promise.all(runs.map((run): Promise<ClaimedRun> => parts.assign(run))), waitedMs }
    },
    reportExit: (id, report) => reportExit(context, id, report),
    async stop(id) {
      tellReclaimed(context, await home.store.stopWorker(id))
    },
  }
}

function checkProtocol(registration: Registration): void {
  if (registration.protocol !== protocol)
    throw new SluiceError('PROTOCOL_UNSUPPORTED', { found: registration.protocol, known: protocol })
}
