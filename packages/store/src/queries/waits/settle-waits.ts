import type { StateType } from '@sluice/core'
import type { WaitAnswer } from '../../dispatch-store.ts'
import { clampLimit } from '../../paging.ts'
import { type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { becomeDue } from '../dispatch/make-due.ts'
import { endedStates } from '../fragments.ts'
import { lockOwners, putAnswer } from './answer-wait.ts'

const open = "w.status = 'open' and w.answered_at is null"

interface EndedRow {
  readonly id: string
  readonly root_id: string
  readonly target_run_id: string
  readonly state_type: StateType
}

/** The whole of `wait_open_run`, as many rows as waits for runs are open, each with its run by primary key. No lock. */
const selectEnded: Query<[limit: number], EndedRow> = query(
  'select-ended-targets',
  `select w.id, w.root_id, w.target_run_id, r.state_type from wait w join run r on r.id = w.target_run_id
   where ${open} and w.target_run_id is not null and r.state_type in ${endedStates} limit $1`,
)

interface MatchedRow {
  readonly id: string
  readonly root_id: string
  readonly event_id: string
  readonly name: string
  readonly key: string | null
  readonly payload: string | null
}

/**
 * The whole of `wait_open_event`, each with the first event that came after it was registered: one look into `event_match`, or
 * into `event_name` for a wait that takes any key. No lock.
 */
const selectMatched: Query<[limit: number], MatchedRow> = query(
  'select-matched-events',
  `select w.id, w.root_id, e.id as event_id, e.name, e.key, e.payload from wait w join event e on e.position =
     case when w.event_key is null
       then (select position from event where name = w.event_name and recorded_at >= w.registered_at
         order by recorded_at, position limit 1)
       else (select position from event where name = w.event_name and key = w.event_key and recorded_at >= w.registered_at
         order by recorded_at, position limit 1) end
   where ${open} and w.event_name is not null limit $1`,
)

interface Settled extends WaitAnswer {
  readonly rootId: string
}

/** Answers waits whose run has ended or whose event has come. Their runs, when they are suspended, are due. */
export function* settleWaits(limit: number): Steps<readonly string[]> {
  const most = clampLimit(limit)
  const runs = (yield* rowsOf(selectEnded(most))).map(answerOfRun)
  const events = (yield* rowsOf(selectMatched(most))).map(answerOfEvent)
  const settled = [...runs, ...events].slice(0, most)
  if (settled.length === 0) return []
  yield* lockOwners(settled.map((answer) => answer.rootId))
  const roots = new Set<string>()
  for (const answer of settled) if (yield* putAnswer(answer)) roots.add(answer.rootId)
  yield* becomeDue([...roots])
  return [...roots]
}

function answerOfRun(row: EndedRow): Settled {
  const answer = JSON.stringify({ state: row.state_type, runId: row.target_run_id })
  return { waitId: row.id, rootId: row.root_id, answer, by: `run:${row.target_run_id}` }
}

function answerOfEvent({ id, root_id, event_id, name, key, payload }: MatchedRow): Settled {
  const parsed: unknown = payload === null ? null : JSON.parse(payload)
  const answer = JSON.stringify({ id: event_id, name, key, payload: parsed })
  return { waitId: id, rootId: root_id, answer, by: `event:${event_id}` }
}
