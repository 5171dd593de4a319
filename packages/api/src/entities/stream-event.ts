import * as z from 'zod'
import { id } from '../basics.ts'
import { event } from './event.ts'
import { logLine } from './log-line.ts'
import { state } from './state.ts'
import { taskRun } from './task-run.ts'

/** One message of a stream: `event:` and `data:` of server-sent events. */
export const streamEvent = z
  .discriminatedUnion('event', [
    z.strictObject({ event: z.literal('event'), data: event }),
    z.strictObject({ event: z.literal('state'), data: z.strictObject({ runId: id, state }) }),
    z.strictObject({ event: z.literal('task'), data: taskRun }),
    z.strictObject({ event: z.literal('log'), data: logLine }),
    z.strictObject({ event: z.literal('end'), data: z.strictObject({ runId: id, state }) }),
  ])
  .meta({ id: 'StreamEvent' })

export type StreamEventJson = z.infer<typeof streamEvent>
