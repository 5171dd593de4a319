import { decodeEvent, eventColumns, type EventRow } from '../../codec/event-codec.ts'
import type { EventPage } from '../../event-store.ts'
import { clampLimit, isId } from '../../paging.ts'
import {
  bothTexts,
  firstOf,
  type Query,
  query,
  rowsOf,
  type Statement,
  type Steps,
  type Value,
} from '../../statement.ts'

/**
 * The position up to which nothing can appear any more. SQLite has one writer at a time, so its positions become visible in their
 * order. PostgreSQL: migration 2 says how; under 1 ms, from memory.
 */
const selectHorizon: Query<[], { horizon: number }> = query('event-horizon', {
  sqlite: "select coalesce((select seq from sqlite_sequence where name = 'event'), 0) as horizon",
  postgres: 'select event_horizon() as horizon',
})

/** {@link EventStore.lastEventPosition} */
export function* lastEventPosition(): Steps<number> {
  return (yield* firstOf(selectHorizon()))?.horizon ?? 0
}

/** What {@link EventStore.readEvents} takes. */
export interface EventsAfter {
  readonly after: number
  readonly limit: number
  readonly rootId?: string
  readonly name?: string
}

/** The horizon first, the rows in a statement of its own: only that one sees everything that was committed below it. */
export function* readEvents(wanted: EventsAfter): Steps<EventPage> {
  const horizon = yield* lastEventPosition()
  if (horizon <= wanted.after) return { events: [], next: wanted.after }
  if (wanted.rootId !== undefined && !isId(wanted.rootId)) return { events: [], next: horizon }
  const limit = clampLimit(wanted.limit)
  const events = (yield* rowsOf(selectEvents(wanted, horizon, limit))).map(decodeEvent)
  return { events, next: events.length < limit ? horizon : (events.at(-1)?.position ?? horizon) }
}

/** A range of the primary key, or of `event_root`; a name filters what it meets. No lock. */
function selectEvents(wanted: EventsAfter, horizon: number, limit: number): Statement<EventRow> {
  const values: Value[] = [wanted.after, horizon, limit]
  const root = wanted.rootId === undefined ? '' : `and root_id = $${values.push(wanted.rootId)}`
  const name = wanted.name === undefined ? '' : `and name = $${values.push(wanted.name)}`
  const text = bothTexts(
    () => `select ${eventColumns} from event where position > $1 and position <= $2 ${root} ${name}
      order by position limit $3`,
  )
  return { name: `read-events${root === '' ? '' : '-root'}${name === '' ? '' : '-name'}`, text, values }
}
