import type { Micros } from '@sluice/core'
import { bothTexts, listOf, type Query, query, rowsOf, type Statement, type Steps } from '../statement.ts'
import { endedStates, isAnyId } from './fragments.ts'

/** Expired cache entries that go in one call. */
const cacheBatch = 1000

/** The oldest of `run_ended`; locked on PostgreSQL, and those that are being claimed right now are left alone. */
const selectOldest: Query<[before: Micros, limit: number], { id: string }> = query(
  'select-oldest-runs',
  bothTexts(
    (dialect) => `select id from run
    where parent_id is null and ended_at is not null and ended_at < $1 and state_type in ${endedStates}
    order by ended_at limit $2${dialect === 'postgres' ? ' for update skip locked' : ''}`,
  ),
)

type RefRow = { readonly ref: string | null }

const deleteFrom = (
  table: string,
  refs: readonly string[],
  owner: 'root_id' | 'run_id' = 'root_id',
): Query<[roots: string], Record<string, string | null>> =>
  query(
    `delete-${table}`,
    bothTexts(
      (dialect) => `delete from ${table} where ${owner} ${isAnyId('$1')[dialect]}
        ${refs.length === 0 ? '' : ` returning ${refs.join(', ')}`}`,
    ),
  )

/** Each a range of the table's index that begins with the root run. Events have a time of their own. */
const deletions = [
  deleteFrom('run_queue', [], 'run_id'),
  deleteFrom('assignment', []),
  deleteFrom('limit_slot', []),
  deleteFrom('limit_waiter', []),
  deleteFrom('task_cancel', []),
  deleteFrom('idempotency', [], 'run_id'),
  deleteFrom('run_tag', [], 'run_id'),
  deleteFrom('log', []),
  deleteFrom('artifact', []),
  deleteFrom('wait', ['outcome_ref']),
  deleteFrom('task_run', ['result_ref']),
  deleteFrom('run', ['parameters_ref', 'result_ref']),
]

/** A range of `cache_expiry`. */
const deleteExpired: Query<[now: Micros, limit: number], RefRow> = query(
  'delete-expired-cache',
  `delete from cache where key in (select key from cache where expires_at <= $1 order by expires_at limit $2)
   returning result_ref as ref`,
)

const mentions = [
  ['run', 'parameters_ref'],
  ['run', 'result_ref'],
  ['task_run', 'result_ref'],
  ['wait', 'outcome_ref'],
  ['cache', 'result_ref'],
].map(([table, column]) => `not exists (select 1 from ${table} where ${column} = candidate.value)`)

/** Five look-ups in partial indexes per reference. */
const selectOrphans: Query<[refs: string], { ref: string }> = query('select-orphaned-results', {
  sqlite: `select value as ref from json_each($1) as candidate where ${mentions.join(' and ')} order by value`,
  postgres: `select value as ref from json_array_elements_text($1::json) as candidate (value)
    where ${mentions.join(' and ')} order by value`,
})

/** Deletes what is old, children and all, and tells which large results were mentioned nowhere else. */
export function* deleteRunsBefore(sweep: {
  before: Micros
  limit: number
  now: Micros
}): Steps<{ runs: number; orphanedResults: readonly string[] }> {
  const refs = new Set<string>()
  const roots = (yield* rowsOf(selectOldest(sweep.before, sweep.limit))).map((row) => row.id)
  if (roots.length > 0) for (const remove of deletions) yield* collect(refs, remove(listOf(roots)))
  yield* collect(refs, deleteExpired(sweep.now, cacheBatch))
  const orphans = refs.size === 0 ? [] : yield* rowsOf(selectOrphans(listOf([...refs])))
  return { runs: roots.length, orphanedResults: orphans.map((row) => row.ref) }
}

function* collect(refs: Set<string>, statement: Statement<Readonly<Record<string, string | null>>>): Steps<void> {
  for (const row of yield* rowsOf(statement)) {
    for (const ref of Object.values(row)) if (ref !== null) refs.add(ref)
  }
}
