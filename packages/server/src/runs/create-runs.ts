import { SluiceError } from '@sluice/core'
import type { CreatedRun, QueuedRun, RunRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import { groupCommit } from '../loops/group-commit.ts'
import { topics } from '../loops/wakeups.ts'
import type { MadeRun } from '../services.ts'
import { getRun } from './get-run.ts'
import { queuedRun, type RunPlan } from './run-plan.ts'

/** Runs in one transaction: a few tens of milliseconds of the store's time. */
const most = 1_000

/** Inserts runs, together with what others insert at the same time. */
export interface RunMaker {
  make(plan: RunPlan): Promise<MadeRun>
  makeMany(plans: readonly RunPlan[]): Promise<readonly { readonly id: string; readonly created: boolean }[]>
}

export function createRunMaker(context: Context): RunMaker {
  const { home, wakeups, counters } = context
  const commit = groupCommit<QueuedRun, CreatedRun>((runs) => home.store.createRuns(runs), most)

  const insert = async (plans: readonly RunPlan[]): Promise<readonly Inserted[]> => {
    const now = home.settings.platform.now()
    const queued = plans.map((plan) => queuedRun(plan, now))
    const made = await commit(queued)
    counters.add('runs.created', made.filter(({ created }) => created).length)
    wakeups.send(...queued.flatMap(topicsOf))
    return queued.map((run, index) => ({ run, answer: requireAgreement(made[index], run) }))
  }
  return {
    async make(plan) {
      const [only] = await insert([plan])
      if (!only) throw new SluiceError('RUN_NOT_FOUND', { run: plan.id })
      const { answer, run } = only
      return { run: answer.created ? asRecord(run) : await getRun(home.store, answer.id), created: answer.created }
    },
    async makeMany(plans) {
      return (await insert(plans)).map(({ answer }) => ({ id: answer.id, created: answer.created }))
    },
  }
}

interface Inserted {
  readonly run: QueuedRun
  readonly answer: CreatedRun
}

/** The same key must mean the same request: another one would silently get a run that is not its own. */
function requireAgreement(answer: CreatedRun | undefined, { run, idempotency }: QueuedRun): CreatedRun {
  if (!answer) throw new SluiceError('RUN_NOT_FOUND', { run: run.id })
  if (answer.conflict)
    throw new SluiceError('IDEMPOTENCY_CONFLICT', { key: idempotency?.key.replace(/^api:/, ''), run: answer.id })
  return answer
}

function topicsOf({ dispatch }: QueuedRun): readonly string[] {
  if (dispatch === null) return [topics.events]
  return [topics.events, dispatch.dueInMs === null ? topics.due : topics.pool(dispatch.pool)]
}

/** What the store just inserted, without asking it. */
function asRecord({ run }: QueuedRun): RunRecord {
  return { ...run, epoch: 0, journalSeq: 0, seq: null, crashCount: 0, nondeterministic: false, checkpoint: true }
}
