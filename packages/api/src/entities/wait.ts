import * as z from 'zod'
import { id, json, text, time } from '../basics.ts'

export const waitKind = z.enum(['sleep', 'input', 'event', 'run'])
export const waitStatus = z.enum(['open', 'done', 'timedOut', 'cancelled'])

/** Something a run waits for. Open `input` waits can be answered by people, once. */
export const wait = z
  .strictObject({
    id,
    rootId: id,
    runId: id,
    kind: waitKind,
    name: text(1_000).nullable(),
    status: waitStatus,
    message: text(10_000).nullable(),
    inputSchema: json.meta({ description: 'JSON Schema of the answer (input waits); null: anything.' }),
    eventName: text(1_000).nullable(),
    eventKey: text(1_000).nullable(),
    targetRunId: id.nullable(),
    deadline: time.nullable(),
    outcome: json.meta({ description: 'What answered it; null while it is open.' }),
    answeredAt: time.nullable(),
    answeredBy: text(200).nullable(),
    createdAt: time,
    endedAt: time.nullable(),
  })
  .meta({ id: 'Wait' })

export type WaitJson = z.infer<typeof wait>
