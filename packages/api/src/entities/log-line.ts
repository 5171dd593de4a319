import * as z from 'zod'
import { id, jsonObject, text, time } from '../basics.ts'

/** Levels as pino's: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
export const logLevel = z.int().min(0).max(100)

export const logLine = z
  .strictObject({
    position: text(40),
    rootId: id,
    runId: id,
    taskRunId: id.nullable(),
    at: time,
    level: logLevel,
    message: text(1_000_000),
    fields: jsonObject.nullable(),
  })
  .meta({ id: 'LogLine' })

export type LogLineJson = z.infer<typeof logLine>
