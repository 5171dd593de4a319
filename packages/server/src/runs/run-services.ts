import type { NewRunInput } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import type { RunServices } from '../services.ts'
import { answerWait } from '../waits/answer-wait.ts'
import { explain } from '../why/explain.ts'
import { cancelRun, cancelRuns, cancelTask } from './cancel-runs.ts'
import type { RunMaker } from './create-runs.ts'
import { planRequest, type Planner } from './plan-request.ts'
import { planRerun } from './plan-rerun.ts'
import { resumeRun } from './resume-run.ts'
import { retryRun } from './retry-run.ts'

/** What people and programs ask of runs. */
export function createRunServices(planner: Planner, maker: RunMaker): RunServices {
  const { context, deployments } = planner
  const { home } = context
  return {
    create: async (request, by) => maker.make(await planRequest(planner, request, by)),
    async createMany(requests, by) {
      const plan = (request: NewRunInput, index: number) => planRequest(planner, request, by, ['runs', index])
      return maker.makeMany(await Promise.all(requests.map(plan)))
    },
    cancel: (id, { reason }, by) => cancelRun(context, id, reason, by),
    cancelMany: ({ ids, reason }, by) => cancelRuns(context, ids, reason, by),
    cancelTask: (taskRunId) => cancelTask(context, taskRunId),
    retry: (id, request) => retryRun(context, deployments, id, request),
    rerun: async (id, request, by) => maker.make(await planRerun(planner, id, request, by)),
    resume: (id, by) => resumeRun(context, id, by),
    async why(id) {
      const explanation = await home.store.explainRun(id)
      if (!explanation) throw new SluiceError('RUN_NOT_FOUND', { run: id })
      return explain(explanation, home.settings.platform.now())
    },
    answerWait: (waitId, value, by) => answerWait(context, waitId, value, by),
  }
}
