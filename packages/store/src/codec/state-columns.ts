import type { Micros, State, StateName, StateType, WaitingFor } from '@sluice/core'
import type { ColumnsOf } from './columns.ts'
import { parseColumn, plainTextOrNull } from './text.ts'

/** A state takes five columns of its row. */
export const stateColumns: ColumnsOf<StateRow> = {
  state_type: 'text',
  state_name: 'text',
  state_at: 'bigint',
  state_message: 'text',
  waiting_for: 'text',
}

export interface StateRow {
  readonly state_type: StateType
  readonly state_name: StateName
  readonly state_at: Micros
  readonly state_message: string | null
  readonly waiting_for: string | null
}

export function encodeState(state: State): StateRow {
  return {
    state_type: state.type,
    state_name: state.name,
    state_at: state.at,
    state_message: plainTextOrNull(state.message),
    waiting_for: state.waitingFor === undefined ? null : JSON.stringify(state.waitingFor),
  }
}

export function decodeState(row: StateRow): State {
  const state = { type: row.state_type, name: row.state_name, at: row.state_at }
  if (row.state_message === null && row.waiting_for === null) return state
  return {
    ...state,
    ...(row.state_message === null ? {} : { message: row.state_message }),
    ...(row.waiting_for === null ? {} : { waitingFor: parseColumn<WaitingFor>(row.waiting_for, { kind: 'store' }) }),
  }
}
