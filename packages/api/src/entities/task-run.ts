import * as z from 'zod'
import { count, id, json, text, time } from '../basics.ts'
import { state, timeline } from './state.ts'
import { runError } from './stored-error.ts'

/** The calls a call depends on, by their `key`. */
export const upstream = z
  .strictObject({
    data: z.array(text(200)).max(1_000_000).readonly(),
    after: z.array(text(200)).max(1_000).readonly(),
    more: count.exactOptional(),
  })
  .meta({ id: 'Upstream' })

export const taskRun = z
  .strictObject({
    id,
    rootId: id,
    runId: id,
    parentTaskId: id.nullable(),
    key: text(1_000).meta({ description: 'Its identity within the run: what `upstream` names.' }),
    name: text(1_000),
    runName: text(1_000).nullable(),
    version: text(1_000).nullable(),
    state,
    timeline,
    attempt: count,
    error: runError.nullable(),
    tags: z.array(text(1_000)).max(1_000),
    checkpoint: z.boolean().meta({ description: 'Its outcome is used again when the run goes on.' }),
    resumable: z.boolean(),
    upstream,
    seq: count.meta({ description: 'Journal position of the last change: the cursor of lists and streams.' }),
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    durationMs: z.number().nullable(),
  })
  .meta({ id: 'TaskRun' })

/** One task run with its result. */
export const taskRunDetail = taskRun.extend({ result: json }).meta({ id: 'TaskRunDetail' })

export type TaskRunJson = z.infer<typeof taskRun>
export type TaskRunDetailJson = z.infer<typeof taskRunDetail>
