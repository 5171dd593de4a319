import type { NewScheduleInput } from '@sluice/api'
import { type Duration, type Micros, SluiceError } from '@sluice/core'
import { describeSchedule, nextFire, parseSchedule, type Schedule, type ScheduleOptions } from '@sluice/core/schedule'
import type { OpenHome } from '@sluice/engine'
import type { ScheduleRecord, ScheduleSpec } from '@sluice/store'
import { inlineText } from './inline-text.ts'

const defaultGraceMs = 300_000

/** A schedule as it was declared, checked, with its first occurrence after `now`. Throws `SCHEDULE_INVALID`, `OPTION_INVALID`. */
export async function scheduleSpec(home: OpenHome, declared: NewScheduleInput, now: Micros): Promise<ScheduleSpec> {
  const schedule = parseSchedule(optionsOf(declared))
  const { parameters, active = true, misfireGraceMs = defaultGraceMs, catchUp = 'none' } = declared
  const slug = declared.slug ?? slugOf(schedule)
  return {
    slug,
    spec: JSON.stringify(schedule),
    parameters:
      parameters === undefined ? null : await inlineText(home, parameters, `parameters of schedule '${slug}'`),
    active,
    misfireGraceMs,
    catchUp,
    nextAt: nextFire(schedule, now) ?? null,
  }
}

/** Throws `OPTION_INVALID` when two schedules of a deployment have one name. */
export function refuseTwins(specs: readonly ScheduleSpec[]): void {
  const twin = specs.find(({ slug }, index) => specs.findIndex((other) => other.slug === slug) < index)
  if (twin)
    throw new SluiceError('OPTION_INVALID', {
      option: 'schedules',
      problem: `two of them are called '${twin.slug}': give each a slug of its own`,
    })
}

/** When a schedule that was switched on again fires next: what was due meanwhile does not. */
export function nextOf({ spec }: Pick<ScheduleRecord, 'spec'>, now: Micros): Micros | null {
  return nextFire(JSON.parse(spec) as Schedule, now) ?? null
}

function optionsOf({ cron, every, anchor, timezone }: NewScheduleInput): ScheduleOptions {
  const zone = timezone === undefined ? {} : { timezone }
  if (cron !== undefined && every === undefined && anchor === undefined) return { cron, ...zone }
  if (every !== undefined && cron === undefined)
    return { every: every as Duration, ...(anchor !== undefined && { anchor }), ...zone }
  throw new SluiceError('SCHEDULE_INVALID', {
    problem: 'it must have either `cron`, or `every` with an optional `anchor`',
  })
}

/** A name that tells what it is and stays the same as long as the schedule does: `cron-0-5-x-x-x-UTC`, `every-15-minutes`. */
function slugOf(schedule: Schedule): string {
  const readable = describeSchedule(schedule).replaceAll('*', 'x').replaceAll(',', '_').replaceAll('/', '.')
  const words = readable.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[^A-Za-z0-9]+|-+$/g, '')
  return words.slice(0, 100)
}
