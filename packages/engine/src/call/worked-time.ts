import type { Micros } from '@sluice/core'
import type { Checkpoints, RunCheckpoint, TaskCheckpoint, TimelineEntry, WaitRecord } from '@sluice/store'
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

/**
 * In micros. A run is known to have worked for this long after the last that it recorded before its process died: whoever notes the death
 * may come a night later.
 */
const unrecorded = 60_000_000

/** Until when the processes worked that died, by when they began to. */
export function workOfTheDead(timeline: readonly TimelineEntry[], loaded: Checkpoints): ReadonlyMap<Micros, Micros> {
  const dead = timeline.flatMap(([name, at], i) => {
    const next = timeline[i + 1]
    return working.has(name) && next && isDeath(next) ? [{ at, noted: next[1] }] : []
  })
  if (dead.length === 0) return new Map()
  const recorded = [...[...loaded.tasks, ...loaded.runs].flatMap(timesOfCall), ...loaded.waits.flatMap(timesOfWait)]
  return new Map(
    dead.map(({ at, noted }) => {
      const last = recorded.reduce((latest, time) => (time > latest && time < noted ? time : latest), at)
      return [at, last + unrecorded]
    }),
  )
}

/** A script's run may be taken on without anybody having noted its crash. */
const isDeath = ([name]: TimelineEntry): boolean => name === 'Crashed' || working.has(name)

/** The end of what crashed was not its own doing. */
function timesOfCall({ state, startedAt, endedAt }: TaskCheckpoint | RunCheckpoint): readonly Micros[] {
  return [startedAt ?? 0, (state.type === 'crashed' ? null : endedAt) ?? 0]
}

const timesOfWait = ({ createdAt, endedAt }: WaitRecord): readonly Micros[] => [createdAt, endedAt ?? 0]

/** How long a run has worked since then, in ms: what a time limit counts. */
export function workedSince(
  timeline: readonly TimelineEntry[],
  since: Micros,
  now: Micros,
  dead: ReadonlyMap<Micros, Micros> = new Map(),
): number {
  let worked = 0
  for (const [i, [name, at]] of timeline.entries()) {
    const until = Math.min(timeline[i + 1]?.[1] ?? now, dead.get(at) ?? Number.POSITIVE_INFINITY)
    if (working.has(name)) worked += Math.max(0, until - Math.max(at, since))
  }
  return worked / 1000
}
