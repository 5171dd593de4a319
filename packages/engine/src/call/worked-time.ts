import type { Micros } from '@sluice/core'
import type { TimelineEntry } from '@sluice/store'
import { retriedByHand } from './resumed-attempts.ts'

const working: ReadonlySet<string> = new Set(['Running', 'Retrying'])
/** An attempt of before is over there. */
const between: ReadonlySet<string> = new Set(['AwaitingRetry', 'Completed', 'Cached', 'Failed', 'TimedOut'])

/** Whether a run works now: it neither waits nor stands in line, and no process of it has died. */
export function isWorking(timeline: readonly TimelineEntry[]): boolean {
  return working.has(timeline.at(-1)?.[0] ?? '')
}

/** When the attempt under way first began, in whatever process. A resume after a wait, a crash or a drain begins no other. */
export function attemptSince(timeline: readonly TimelineEntry[], now: Micros): Micros {
  const last = timeline.findLastIndex(([name, , message]) => between.has(name) || message === retriedByHand)
  return timeline.slice(Math.max(0, last)).find(([name]) => working.has(name))?.[1] ?? now
}

/** How long a run has worked since then, in ms: what a time limit counts. */
export function workedSince(timeline: readonly TimelineEntry[], since: Micros, now: Micros): number {
  let worked = 0
  for (const [i, [name, at]] of timeline.entries()) {
    const until = timeline[i + 1]?.[1] ?? now
    if (working.has(name)) worked += Math.max(0, until - Math.max(at, since))
  }
  return worked / 1000
}
