import * as z from 'zod'
import { count, id, json, label, priority, text } from '../basics.ts'
import { storedError } from '../entities/stored-error.ts'
import { logEntry, storedValue, wireState } from './records.ts'

/** Log lines of one run; their run is in the path too, and must be the same. */
export const logBatch = z.strictObject({ entries: z.array(logEntry.readonly()).min(1).max(10_000).readonly() })

/** What the owner of a run must know soon. `seen` names what it knows already: the answer waits until there is more. */
export const controlAnswer = z
  .strictObject({
    epoch: count,
    state: wireState,
    answers: z.array(z.strictObject({ waitId: id, answer: text(100_000) }).readonly()).readonly(),
    cancelTasks: z.array(id).readonly(),
    seen: text(1_000),
  })
  .meta({ id: 'ControlAnswer' })

/** What won when the owner's time was up. */
export const timeOutAnswer = z.strictObject({ answer: text(100_000).nullable() }).meta({ id: 'TimeOutAnswer' })

/**
 * All or nothing. `key` is the key of what holds the slots; the same request again is the same grant. `size` is how many slots
 * the code that asks declares, null when it declares none.
 */
export const slotRequest = z
  .strictObject({
    key: text(1_000),
    needs: z
      .array(
        z.strictObject({
          name: text(1_000),
          size: z.int().min(1).max(1_000_000).nullable(),
          slots: z.int().min(1).max(1_000_000),
        }),
      )
      .min(1)
      .max(100),
    waitMs: z.int().min(0).max(30_000),
  })
  .meta({ id: 'SlotRequest' })

export const slotAnswer = z
  .strictObject({
    granted: z.boolean(),
    waitingOn: text(1_000).nullable(),
    heldBy: z.array(id).max(100).readonly(),
  })
  .meta({ id: 'SlotAnswer' })

export const slotRelease = z.strictObject({ keys: z.array(text(1_000)).min(1).max(10_000) })

/**
 * A separate run that a run starts, exactly once: the starter chooses its id and journals it first, and the same id again is
 * the same run.
 */
export const startedRun = z
  .strictObject({
    id,
    flow: label(1_000),
    entrypoint: label(2_000).nullable().default(null),
    deployment: label(700).optional().meta({
      description: '`flow/name`, or a name among the deployments of the flow. Left out: its only one.',
    }),
    parameters: storedValue,
    name: label(1_000).optional(),
    tags: z.array(label(1_000)).max(1_000),
    priority: priority.optional(),
  })
  .meta({ id: 'StartedRun' })

/** How a started run ended. */
export const startedRunOutcome = z
  .strictObject({ state: wireState, result: storedValue.nullable(), error: storedError.nullable() })
  .meta({ id: 'StartedRunOutcome' })

export const variableValue = z.strictObject({ name: text(100), value: json })
export const longPoll = { waitMs: z.int().min(0).max(30_000).default(0) }

export type ControlAnswer = z.infer<typeof controlAnswer>
export type SlotRequest = z.infer<typeof slotRequest>
export type SlotAnswer = z.infer<typeof slotAnswer>
export type StartedRun = z.infer<typeof startedRun>
