import * as z from 'zod'
import { id, json, label, text, time } from '../basics.ts'

/** The name of an event of the user's own: words joined by dots, as `order.paid`. Names that begin with `run.` are Sluice's. */
export const eventName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/, "expected words joined by dots, as 'order.paid'")

export const event = z
  .strictObject({
    position: text(40).meta({ description: 'Server-assigned, growing: the cursor of streams.' }),
    id,
    name: text(200),
    key: text(1_000).nullable(),
    runId: id.nullable(),
    deploymentId: id.nullable(),
    payload: json,
    at: time,
  })
  .meta({ id: 'Event' })

export const newEvent = z
  .strictObject({
    name: eventName,
    key: label(500).optional(),
    payload: json.optional(),
    id: id.optional().meta({ description: 'Sending the same id again stores nothing new.' }),
  })
  .meta({ id: 'NewEvent' })

export type EventJson = z.infer<typeof event>
export type NewEventInput = z.infer<typeof newEvent>
