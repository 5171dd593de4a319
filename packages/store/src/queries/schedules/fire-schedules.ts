import type { Micros } from '@sluice/core'
import type { ScheduleFiring } from '../../catalog-store.ts'
import type { NewRun } from '../../records.ts'
import { type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { enqueueRuns, insertRuns, type QueueEntry } from '../dispatch/insert-runs.ts'
import { storeNow } from '../fragments.ts'

interface Cursor {
  readonly id: string
  readonly expected: Micros
  readonly next: Micros | null
  /** The newest occurrence that made a run. */
  readonly last: Micros | null
}

/**
 * Each by primary key. On PostgreSQL a schedule that somebody else has locked is left alone: another replica fires it, or it is
 * being changed and comes again. So nobody waits here, and replicas with the same list in another order cannot deadlock.
 */
const moveCursors: Query<[cursors: string], { id: string }> = query('move-schedules', {
  sqlite: `update schedule set next_at = cursor.next, last_at = coalesce(cursor.last, last_at), updated_at = ${storeNow.sqlite}
    from (select value ->> 'id' as id, value ->> 'expected' as expected, value ->> 'next' as next, value ->> 'last' as last
      from json_each($1)) as cursor
    where schedule.id = cursor.id and enabled = 1 and next_at = cursor.expected returning schedule.id`,
  postgres: `with cursor as materialized (
      select schedule.id, next, last
      from json_to_recordset($1::json) as given (id uuid, expected bigint, next bigint, last bigint)
      join schedule on schedule.id = given.id and enabled = 1 and next_at = expected
      for update of schedule skip locked
    )
    update schedule set next_at = cursor.next, last_at = coalesce(cursor.last, last_at), updated_at = ${storeNow.postgres}
    from cursor where schedule.id = cursor.id returning schedule.id`,
})

/** {@link CatalogStore.fireSchedules} */
export function* fireSchedules(firings: readonly ScheduleFiring[]): Steps<readonly string[]> {
  if (firings.length === 0) return []
  const moved = yield* rowsOf(moveCursors(JSON.stringify(firings.map(cursorOf))))
  const won = new Set(moved.map((row) => row.id))
  const runs = firings.filter((firing) => won.has(firing.scheduleId)).flatMap((firing) => firing.runs)
  const inserted = new Set(yield* insertRuns(runs))
  const made = runs.filter((run) => inserted.has(run.id))
  yield* enqueueRuns(made.flatMap(entryOf))
  return made.map((run) => run.id)
}

function cursorOf({ scheduleId, expectedNextAt, nextAt, runs }: ScheduleFiring): Cursor {
  const last = runs.reduce<Micros | null>((latest, { origin }) => newest(latest, origin?.dueAt ?? null), null)
  return { id: scheduleId, expected: expectedNextAt, next: nextAt, last }
}

function newest(a: Micros | null, b: Micros | null): Micros | null {
  return a === null || (b !== null && b > a) ? b : a
}

/** Due at its occurrence: one that is made late stands before those that are due later. */
function entryOf({ id, origin }: NewRun): QueueEntry[] {
  if (origin === undefined || origin.pool === null || origin.queue === null) return []
  const { pool, queue, priority, dueAt } = origin
  return [{ run_id: id, pool, queue, priority, due_at: dueAt, due_in: dueAt === null ? 0 : null }]
}
