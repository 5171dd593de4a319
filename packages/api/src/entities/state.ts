import { type StateName, type StateType, stateTypes } from '@sluice/core'
import * as z from 'zod'
import { id, text, time } from '../basics.ts'

export const stateType = z.enum(stateTypes as readonly [StateType, ...StateType[]])

const names = {
  Scheduled: 0,
  Late: 0,
  AwaitingRetry: 0,
  AwaitingConcurrencySlot: 0,
  Resuming: 0,
  Pending: 0,
  Submitting: 0,
  Running: 0,
  Retrying: 0,
  Paused: 0,
  Suspended: 0,
  Cancelling: 0,
  Completed: 0,
  Cached: 0,
  Skipped: 0,
  Failed: 0,
  TimedOut: 0,
  Crashed: 0,
  Cancelled: 0,
} as const satisfies Record<StateName, 0>

/** Every state name: the compiler compares the list with core's. */
export const stateName = z.enum(Object.keys(names) as [StateName, ...StateName[]])

/** Why something is not running right now. */
export const waitingFor = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('time'), until: time }),
    // As code calls it: what an engine journals is shown.
    z.strictObject({ kind: z.literal('limit'), limit: text(100_000) }),
    z.strictObject({ kind: z.literal('inputs') }),
    z.strictObject({ kind: z.literal('store') }),
    z.strictObject({ kind: z.literal('input'), key: text(100_000) }),
    z.strictObject({ kind: z.literal('event'), event: text(100_000) }),
    z.strictObject({ kind: z.literal('run'), runId: id }),
    z.strictObject({ kind: z.literal('worker'), pool: text(100_000) }),
  ])
  .meta({ id: 'WaitingFor' })

export const state = z
  .strictObject({
    type: stateType,
    name: stateName,
    at: time,
    message: text(10_000).nullable(),
    waitingFor: waitingFor.nullable(),
  })
  .meta({ id: 'State' })

export const timeline = z
  .array(z.strictObject({ name: stateName, at: time, message: text(10_000).optional() }))
  .max(1_000_000)

export type StateJson = z.infer<typeof state>
