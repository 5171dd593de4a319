import * as z from 'zod'
import { id, jsonObject, label, millis, slug, text, time } from '../basics.ts'

export const catchUp = z.enum(['none', 'latest', 'all'])

/** When a deployment runs by itself. Either `cron`, or `everyMs` with its anchor. */
export const schedule = z
  .strictObject({
    id,
    slug: text(100),
    cron: text(200).nullable(),
    everyMs: millis.nullable(),
    anchor: time.nullable(),
    timezone: text(100),
    description: text(1_000),
    parameters: jsonObject,
    active: z.boolean(),
    misfireGraceMs: millis,
    catchUp,
    nextAt: time.nullable(),
    lastAt: time.nullable(),
  })
  .meta({ id: 'Schedule' })

/** How a schedule is declared. The slug is its identity: it survives redeploys, with what was fired. */
export const newSchedule = z
  .strictObject({
    slug: slug.optional().meta({ description: 'Default: made from the schedule itself.' }),
    cron: label(200).optional(),
    every: z
      .union([z.int().min(1_000).max(31_622_400_000), label(20)])
      .optional()
      .meta({ description: "Milliseconds, or text such as '15m'." }),
    anchor: time.optional(),
    timezone: label(100).optional(),
    parameters: jsonObject.optional(),
    active: z.boolean().optional(),
    misfireGraceMs: z.int().min(0).max(31_622_400_000).optional(),
    catchUp: catchUp.optional(),
  })
  .meta({ id: 'NewSchedule' })

export type ScheduleJson = z.infer<typeof schedule>
export type NewScheduleInput = z.infer<typeof newSchedule>
