import type { Micros, State, StoredError } from '@sluice/core'
import type { StoredValue, TimelineEntry } from '../records.ts'
import { decodeState, type StateRow } from './state-columns.ts'
import { decodeValue } from './stored-value-columns.ts'
import { parseColumn } from './text.ts'

/** What a task run and a flow run tell alike: how far they came and how they ended. */
export interface OutcomeRow extends StateRow {
  readonly timeline: string | null
  readonly attempt: number
  readonly checkpoint: number
  readonly result: string | null
  readonly result_ref: string | null
  readonly result_bytes: number | null
  readonly error: string | null
  readonly unhandled: string | null
  readonly created_at: Micros
  readonly started_at: Micros | null
  readonly ended_at: Micros | null
}

export interface Outcome {
  readonly state: State
  readonly timeline: readonly TimelineEntry[]
  readonly attempt: number
  readonly checkpoint: boolean
  readonly result: StoredValue | null
  readonly error: StoredError | null
  readonly unhandled: readonly string[]
  readonly createdAt: Micros
  readonly startedAt: Micros | null
  readonly endedAt: Micros | null
}

export function decodeOutcome(row: OutcomeRow): Outcome {
  return {
    state: decodeState(row),
    timeline: parseColumn<readonly TimelineEntry[]>(row.timeline, []),
    attempt: row.attempt,
    checkpoint: row.checkpoint === 1,
    result: decodeValue(row.result, row.result_ref, row.result_bytes),
    error: parseColumn<StoredError | null>(row.error, null),
    unhandled: parseColumn<readonly string[]>(row.unhandled, []),
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}
