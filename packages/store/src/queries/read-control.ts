import { decodeState, type StateRow } from '../codec/state-columns.ts'
import type { RunControl } from '../records.ts'
import { firstOf, type Query, query, rowsOf, type Steps } from '../statement.ts'

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

interface NewsRow {
  readonly wait_id: string | null
  readonly answer: string | null
  readonly task_run_id: string | null
}

/**
 * A range of `wait_answered` and one of the primary key of `task_cancel`: both empty nearly always. That its time was up is no news to
 * the owner. No lock.
 */
const selectNews: Query<[id: string], NewsRow> = query(
  'read-control-news',
  `select id as wait_id, answer, null as task_run_id from wait
     where root_id = $1 and status = 'open' and answered_at is not null and answer is not null
   union all select null, null, task_run_id from task_cancel where root_id = $1`,
)

/** Epoch and state of a root run, and what was said to it from outside. */
export function* readControl(id: string): Steps<RunControl | undefined> {
  const row = yield* firstOf(readControlRow(id))
  if (row === undefined) return undefined
  const news = yield* rowsOf(selectNews(id))
  return {
    epoch: row.epoch,
    state: decodeState(row),
    answers: news.flatMap(({ wait_id, answer }) =>
      wait_id === null ? [] : [{ waitId: wait_id, answer: answer ?? '' }],
    ),
    cancelTasks: news.flatMap(({ task_run_id }) => task_run_id ?? []),
  }
}
