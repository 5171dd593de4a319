import { formatDuration, type Micros } from '@sluice/core'
import { localTime } from './time-text.ts'
import { microsOf } from './micros.ts'

/** `in 5m`, for times ahead; `due` for those behind; empty where there is none. */
export function inText(at: string | null, now: Micros): string {
  if (at === null) return ''
  const left = microsOf(at) - now
  return left <= 0 ? 'due' : `in ${formatDuration(left / 1000)}`
}

/** A time of the API in local time; empty where there is none. */
export function timeText(at: string | null): string {
  return at === null ? '' : localTime(microsOf(at))
}
