import type { Micros } from '@sluice/core'

/** Local time as `14:05:09`: what the reader's own clock shows. */
export function timeOfDay(at: Micros): string {
  const date = new Date(at / 1000)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}
