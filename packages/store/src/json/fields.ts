import type { RunErrorJson, StateJson } from '@sluice/api'
import type { Json, Micros, State, StateName, StoredError } from '@sluice/core'
import type { TimelineEntry } from '../records.ts'

/**
 * Microseconds as ISO 8601 text in UTC; null stays null. With six digits where three would lose some: calls of one millisecond
 * stay in order.
 */
export function iso(at: Micros): string
export function iso(at: Micros | null): string | null
export function iso(at: Micros | null): string | null {
  if (at === null) return null
  const text = new Date(Math.floor(at / 1000)).toISOString()
  const rest = at % 1000
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

export function stateJson(state: State): StateJson {
  const { type, name, at, message = null, waitingFor } = state
  return { type, name, at: iso(at), message, waitingFor: waitingFor === undefined ? null : waitingJson(waitingFor) }
}

export function timelineJson(timeline: readonly TimelineEntry[]): { name: StateName; at: string; message?: string }[] {
  return timeline.map(([name, at, message]) => ({
    name: name as StateName,
    at: iso(at),
    ...(message === undefined ? {} : { message }),
  }))
}

export function errorJson(error: StoredError | null): RunErrorJson | null {
  if (error === null) return null
  const { errors, details, ...rest } = error
  return {
    ...rest,
    code: error.code ?? null,
    ...(errors === undefined ? {} : { errors: [...errors] }),
    ...(details === undefined ? {} : { details: { ...details } as Record<string, Json> }),
  }
}

/** From the first start to the end, in milliseconds; null before the end. */
export function durationMs(row: { readonly startedAt: Micros | null; readonly endedAt: Micros | null }): number | null {
  return row.startedAt === null || row.endedAt === null ? null : (row.endedAt - row.startedAt) / 1000
}

function waitingJson(waitingFor: NonNullable<State['waitingFor']>): NonNullable<StateJson['waitingFor']> {
  return waitingFor.kind === 'time' ? { kind: 'time', until: iso(waitingFor.until) } : waitingFor
}
