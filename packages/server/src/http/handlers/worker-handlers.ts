import type { Assignment } from '@sluice/api'
import type { ClaimedRun } from '../../services.ts'
import { type Handlers, noContent, ok } from '../endpoint-handler.ts'
import type { HandlerContext } from './handler-context.ts'

type WorkerIds = 'registerWorker' | 'heartbeat' | 'claimRuns' | 'reportExit' | 'stopWorker'

export function workerHandlers({ services: { workers } }: HandlerContext): Handlers<WorkerIds> {
  return {
    registerWorker: async ({ params, body }) => ok(await workers.register(params.worker, body)),
    heartbeat: async ({ params, body }) => ok(await workers.heartbeat(params.worker, body)),
    async claimRuns({ params, body: { waitMs, ...claim }, signal }) {
      const { runs, waitedMs } = await workers.claim(params.worker, claim, { waitMs, signal })
      return ok({ runs: runs.map(assignment), waitedMs })
    },
    reportExit: async ({ params, body }) => ok(await workers.reportExit(params.worker, body)),
    async stopWorker({ params }) {
      await workers.stop(params.worker)
      return noContent
    },
  }
}

const assignment = (claimed: ClaimedRun): Assignment => ({
  ...claimed,
  previousSecretKeys: [...claimed.previousSecretKeys],
  jobVariables: { ...claimed.jobVariables },
})
