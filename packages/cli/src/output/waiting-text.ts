import { formatDuration, type Micros, type State, type WaitingFor } from '@sluice/core'
import { localTime } from './time-text.ts'

/** Why a run that stands in this state is not running, as part of a sentence; undefined when it waits for nothing. */
export function waitingText(state: State, now: Micros): string | undefined {
  return state.waitingFor === undefined ? undefined : reasonText(state.waitingFor, now)
}

function reasonText(waiting: WaitingFor, now: Micros): string {
  if (waiting.kind === 'time') return timeText(waiting.until, now)
  if (waiting.kind === 'limit') return `waits for a slot of limit '${waiting.limit}'`
  if (waiting.kind === 'inputs') return 'waits for its inputs'
  if (waiting.kind === 'store') return 'waits for the store to take its journal'
  if (waiting.kind === 'input') return `waits for input '${waiting.key}'`
  if (waiting.kind === 'event') return `waits for event '${waiting.event}'`
  if (waiting.kind === 'run') return `waits for run ${waiting.runId}`
  return `waits for a worker of pool '${waiting.pool}'`
}

function timeText(until: Micros, now: Micros): string {
  if (until <= now) return `was due at ${localTime(until)}`
  return `until ${localTime(until)} (in ${formatDuration((until - now) / 1000)})`
}
