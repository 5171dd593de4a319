import { formatDuration, type Micros } from '@sluice/core'
import { activeBefore, activeStretches } from '../runs/active-time.ts'
import type { RunFacts } from '../runs/run-source.ts'

/** `just now`, `12 s ago`, `3 min ago`, `5 h ago`, `2 d ago`; beyond a month the date. */
export function agoText(at: Micros, now: Micros): string {
  const seconds = Math.floor((now - at) / 1_000_000)
  if (seconds < 5) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  if (seconds < 30 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`
  return localTime(at).slice(0, 10)
}

/** Local time as `2026-03-01 14:05:09`. */
export function localTime(at: Micros): string {
  const date = new Date(at / 1000)
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(two).join('-')
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`
}

/** How long a run was worked on, or has been so far; empty before its start. */
export function tookText(run: RunFacts, now: Micros): string {
  if (run.startedAt === null) return ''
  return formatDuration(activeBefore(activeStretches(run, now), Infinity) / 1000)
}

function two(part: number): string {
  return String(part).padStart(2, '0')
}
