import { decodeState, type StateRow } from '../codec/state-columns.ts'
import type { RunControl } from '../records.ts'
import { firstOf, type Query, query, type Steps } from '../statement.ts'

interface ControlRow extends StateRow {
  readonly epoch: number
  readonly journal_seq: number
}

/** One row by primary key. No lock. Also what an append reads to learn why its fence did not hold. */
export const readControlRow: Query<[id: string], ControlRow> = query(
  'read-control',
  `select epoch, journal_seq, state_type, state_name, state_at, state_message, waiting_for
   from run where id = $1 and parent_id is null`,
)

/** Epoch and state of a root run. */
export function* readControl(id: string): Steps<RunControl | undefined> {
  const row = yield* firstOf(readControlRow(id))
  return row && { epoch: row.epoch, state: decodeState(row) }
}
