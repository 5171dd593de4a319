import { decodeState, type StateRow } from '../codec/state-columns.ts'
import { parseColumn } from '../codec/text.ts'
import type { Owner } from '../records.ts'
import { type Query, query, rowsOf, type Steps } from '../statement.ts'
import type { OwnedRun } from '../store.ts'
import { endedStates } from './fragments.ts'

interface OwnedRow extends StateRow {
  readonly id: string
  readonly epoch: number
  readonly flow: string
  readonly owner: string
}

/** The whole partial index `run_owned`: as many rows as runs are under way. No lock. */
const selectOwned: Query<[], OwnedRow> = query(
  'list-owned',
  `select id, epoch, flow, owner, state_type, state_name, state_at, state_message, waiting_for
   from run where owner is not null and state_type not in ${endedStates} order by id`,
)

const nobody: Owner = { host: '', bootId: '', pid: 0, pidStart: '' }

/** Live root runs that a process owns. */
export function* listOwned(): Steps<readonly OwnedRun[]> {
  const rows = yield* rowsOf(selectOwned())
  return rows.map((row) => ({
    id: row.id,
    epoch: row.epoch,
    flow: row.flow,
    owner: parseColumn<Owner>(row.owner, nobody),
    state: decodeState(row),
  }))
}
