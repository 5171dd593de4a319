import { isTerminal, type Micros, type StateName, typeOf } from '@sluice/core'
import type { TimelineEntry } from '@sluice/store'

/** A stretch of time, in microseconds. */
export interface Stretch {
  readonly from: Micros
  readonly to: Micros
}

interface Timed {
  readonly timeline: readonly TimelineEntry[]
  readonly startedAt: Micros | null
  readonly endedAt: Micros | null
}

/**
 * When a run was worked on. Between an end (a failure, a crash that was noticed) and the retry that continued it nobody
 * worked: counting that night as duration would make every bar and every time useless.
 */
export function activeStretches(node: Timed, now: Micros): readonly Stretch[] {
  if (node.startedAt === null) return []
  const stretches: Stretch[] = []
  let from: Micros | undefined = node.startedAt
  for (const [name, at] of node.timeline) {
    if (isTerminal(typeOf(name as StateName))) {
      if (from !== undefined) stretches.push({ from, to: Math.max(from, at) })
      from = undefined
    } else from ??= at
  }
  if (from !== undefined) stretches.push({ from, to: Math.max(from, node.endedAt ?? now) })
  return stretches
}

/** How much of these stretches lies before `at`. */
export function activeBefore(stretches: readonly Stretch[], at: Micros): Micros {
  return stretches.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(at, to) - from), 0)
}
