import { formatDuration, type Micros, type State, type WaitingFor } from '@sluice/core'
import { localTime } from './time-text.ts'

/** Why a run that stands in this state is not running, as part of a sentence; undefined when it waits for nothing. */
export function waitingText(state: State, now: Micros): string | undefined {
  return state.waitingFor === undefined ? undefined : reasonText(state.waitingFor, now)
}

function reasonText(waiting: WaitingFor, now: Micros): string {
  switch (waiting.kind) {
    case 'time':
      return waiting.until <= now
        ? `was due at ${localTime(waiting.until)}`
        : `until ${localTime(waiting.until)} (in ${formatDuration((waiting.until - now) / 1000)})`
    case 'limit':
      return `waits for a slot of limit '${waiting.limit}'`
    case 'inputs':
      return 'waits for its inputs'
    case 'store':
      return 'waits for the store to take its journal'
    case 'input':
      return `waits for input '${waiting.key}'`
    case 'event':
      return `waits for event '${waiting.event}'`
    case 'run':
      return `waits for run ${waiting.runId}`
    case 'worker':
      return `waits for a worker of pool '${waiting.pool}'`
  }
}
