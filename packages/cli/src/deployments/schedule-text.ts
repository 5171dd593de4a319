import type { ScheduleJson } from '@sluice/api'
import { formatDuration } from '@sluice/core'

/** `cron 0 5 * * * (Europe/Berlin)`, `every 15m`: a schedule in a few words. */
export function scheduleText(schedule: ScheduleJson): string {
  if (schedule.description !== '') return schedule.description
  if (schedule.cron !== null) return `cron ${schedule.cron} (${schedule.timezone})`
  return schedule.everyMs === null ? schedule.slug : `every ${formatDuration(schedule.everyMs)}`
}
