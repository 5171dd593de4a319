import { decodeEvent, eventColumns, type EventRow } from '../../codec/event-codec.ts'
import type { EventRecord } from '../../event-store.ts'
import { clampLimit, emptyPage, isId, numbersCursor, numbersCursorOf, pageOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { bothTexts, rowsOf, type Statement, type Steps, type Value } from '../../statement.ts'

/** What {@link EventStore.listEvents} takes. */
export interface EventQuery {
  readonly limit: number
  readonly after?: string
  readonly name?: string
  readonly rootId?: string
}

/** Events from new to old. */
export function* listEvents(query: EventQuery): Steps<Page<EventRecord>> {
  if (query.rootId !== undefined && !isId(query.rootId)) return emptyPage
  const limit = clampLimit(query.limit)
  const rows = yield* rowsOf(selectPage(query, limit + 1))
  return pageOf(rows.map(decodeEvent), limit, (event) => numbersCursorOf(event.recordedAt, event.position))
}

/**
 * A range, from the cursor downwards: by position of the primary key or of `event_root`, by time of `event_name`. A name within a
 * tree filters the few events that the tree has. No lock.
 */
function selectPage(query: EventQuery, limit: number): Statement<EventRow> {
  const [at, position] = numbersCursor(query.after, 2) ?? [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
  const values: Value[] = [position ?? 0, limit]
  const name = query.name === undefined ? '' : `and name = $${values.push(query.name)}`
  const root = query.rootId === undefined ? '' : `and root_id = $${values.push(query.rootId)}`
  const byTime = name !== '' && root === ''
  const below = byTime ? `(recorded_at, position) < ($${values.push(at ?? 0)}, $1)` : 'position < $1'
  const order = byTime ? 'recorded_at desc, position desc' : 'position desc'
  const text = bothTexts(
    () => `select ${eventColumns} from event where ${below} ${name} ${root} order by ${order} limit $2`,
  )
  return { name: `list-events${name === '' ? '' : '-name'}${root === '' ? '' : '-root'}`, text, values }
}
