import * as z from 'zod'
import { count, id, json, label, priority, slug, tags, text, time } from '../basics.ts'
import { state, timeline } from './state.ts'
import { runError } from './stored-error.ts'
import { upstream } from './task-run.ts'

/** A flow run, as lists show it. */
export const run = z
  .strictObject({
    id,
    rootId: id,
    parentId: id.nullable(),
    parentTaskId: id.nullable(),
    key: text(1_000).nullable().meta({ description: 'Of a child run: its identity within the root run.' }),
    rerunOf: id.nullable(),
    startedBy: id.nullable().meta({ description: 'The run that started this one with `flow.start`.' }),
    createdBy: text(200),
    flow: text(1_000),
    flowVersion: text(1_000).nullable(),
    name: text(1_000).nullable(),
    description: text(10_000).nullable(),
    entrypoint: text(2_000).nullable(),
    deploymentId: id.nullable(),
    deploymentVersionId: id.nullable(),
    scheduleId: id.nullable(),
    pool: text(200).nullable(),
    queue: text(200).nullable(),
    priority: priority.nullable(),
    tags: z.array(text(1_000)).max(1_000),
    state,
    timeline,
    attempt: count,
    error: runError.nullable(),
    checkpoint: z.boolean().meta({ description: 'Of a child run: its outcome is used again when the run goes on.' }),
    upstream,
    crashCount: count,
    nondeterministic: z.boolean(),
    dueAt: time.nullable(),
    intervalStart: time.nullable(),
    intervalEnd: time.nullable(),
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    durationMs: z.number().nullable(),
  })
  .meta({ id: 'Run' })

/** Task runs of a whole tree, by outcome. */
export const taskRunCounts = z
  .strictObject({
    total: count,
    completed: count,
    cached: count,
    failed: count,
    cancelled: count,
    other: count,
    retries: count.meta({ description: 'Attempts beyond the first, over all task runs.' }),
  })
  .meta({ id: 'TaskRunCounts' })

/** A value of a run that could be too large, or be readable only with another key. */
const value = json.meta({ description: 'As far as JSON can hold it; secrets masked.' })

/** One flow run with what lists leave out. */
export const runDetail = run
  .extend({ parameters: value, result: value, counts: taskRunCounts })
  .meta({ id: 'RunDetail' })

/** What a run is made from. Either a deployment, or the entrypoint of a flow that workers of the pool can load. */
export const newRun = z
  .strictObject({
    deployment: label(700).optional().meta({ description: 'Id, or `flow/name`.' }),
    entrypoint: label(1_000).optional().meta({ description: '`file.ts:export`, for a run without a deployment.' }),
    flow: label(500).optional().meta({ description: 'Name of the flow, for a run without a deployment.' }),
    parameters: z.record(text(200), json).optional(),
    at: time.optional().meta({ description: 'When it is due; now when left out.' }),
    tags: tags.optional(),
    name: label(500).optional(),
    priority: priority.optional(),
    pool: slug.optional(),
    queue: slug.optional(),
    idempotencyKey: label(200).optional().meta({ description: 'Counts the same as the header `Idempotency-Key`.' }),
  })
  .meta({ id: 'NewRun' })

/** What can be chosen when a deployment runs. */
export const newDeploymentRun = newRun
  .omit({ deployment: true, entrypoint: true, flow: true, pool: true })
  .meta({ id: 'NewDeploymentRun' })

/** Why a run is not running, in order of importance. */
export const why = z
  .strictObject({
    state,
    answers: z
      .array(
        z.strictObject({
          code: label(100),
          message: text(10_000),
          waitingFor: state.shape.waitingFor.optional(),
          next: text(10_000),
        }),
      )
      .max(100),
  })
  .meta({ id: 'Why' })

export type RunJson = z.infer<typeof run>
export type RunDetailJson = z.infer<typeof runDetail>
export type TaskRunCountsJson = z.infer<typeof taskRunCounts>
export type NewRunInput = z.infer<typeof newRun>
export type NewDeploymentRunInput = z.infer<typeof newDeploymentRun>
export type WhyJson = z.infer<typeof why>
