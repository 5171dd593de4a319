import { type Micros, stateOf } from '@sluice/core'
import { defaultWorkspace, type NewRun, type QueuedRun, type StoredValue } from '@sluice/store'

/** Everything that is decided about a run before it is made. */
export interface RunPlan {
  readonly id: string
  readonly flow: string
  readonly entrypoint: string
  readonly deploymentId: string | null
  /** The code it runs, also for runs without a deployment that were started beside one. */
  readonly deploymentVersionId: string | null
  readonly scheduleId: string | null
  readonly interval: { readonly start: Micros; readonly end: Micros } | null
  readonly parameters: StoredValue
  readonly name: string | null
  readonly tags: readonly string[]
  readonly pool: string
  readonly queue: string
  readonly priority: number
  readonly jobVariables: string | null
  /** Null: at once. */
  readonly at: Micros | null
  readonly createdBy: string
  readonly startedBy: string | null
  readonly rerunOf: string | null
  readonly idempotency?: { readonly key: string; readonly requestHash: string }
}

/** The run of a plan as the store takes it: in its queue, due at once by the store's clock or at its time. */
export function queuedRun(plan: RunPlan, now: Micros): QueuedRun {
  const dispatch = { pool: plan.pool, queue: plan.queue, dueInMs: plan.at === null ? 0 : null }
  return { run: newRun(plan, now), dispatch, ...(plan.idempotency && { idempotency: plan.idempotency }) }
}

/** The run of a plan, not started yet. */
export function newRun(plan: RunPlan, now: Micros): NewRun {
  const dueAt = plan.at ?? now
  const waitingFor =
    dueAt > now ? ({ kind: 'time', until: dueAt } as const) : ({ kind: 'worker', pool: plan.pool } as const)
  const state = stateOf('Scheduled', now, { waitingFor })
  return {
    id: plan.id,
    rootId: plan.id,
    workspace: defaultWorkspace,
    createdBy: plan.createdBy,
    parentId: null,
    parentTaskId: null,
    key: null,
    flow: plan.flow,
    flowVersion: null,
    name: plan.name,
    description: null,
    entrypoint: plan.entrypoint,
    parameters: plan.parameters,
    tags: plan.tags,
    state,
    timeline: [[state.name, state.at]],
    attempt: 1,
    result: null,
    error: null,
    unhandled: [],
    upstream: { data: [], after: [] },
    createdAt: now,
    startedAt: null,
    endedAt: null,
    owner: null,
    rerunOf: plan.rerunOf,
    origin: {
      deploymentId: plan.deploymentId,
      deploymentVersionId: plan.deploymentVersionId,
      scheduleId: plan.scheduleId,
      interval: plan.interval,
      pool: plan.pool,
      queue: plan.queue,
      priority: plan.priority,
      dueAt,
      jobVariables: plan.jobVariables,
      startedBy: plan.startedBy,
    },
  }
}
