import { type Micros, SluiceError } from '@sluice/core'
import { decodeEvent, eventColumns, type EventRow } from '../../codec/event-codec.ts'
import type { EventRecord } from '../../event-store.ts'
import { clampLimit, emptyPage, isId, numbersCursor, numbersCursorOf, pageOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { bothTexts, type Query, query, rowsOf, type Statement, type Steps, type Value } from '../../statement.ts'

/** What {@link EventStore.listEvents} takes. */
export interface EventQuery {
  readonly limit: number
  readonly after?: string
  /** One that ends in `.` is the beginning of names. */
  readonly name?: string
  readonly key?: string
  readonly rootId?: string
  /** Inclusive. */
  readonly since?: Micros
  /** Exclusive. */
  readonly until?: Micros
}

/** Events from new to old. */
export function* listEvents(wanted: EventQuery): Steps<Page<EventRecord>> {
  refuseUnserved(wanted)
  if (wanted.rootId !== undefined && !isId(wanted.rootId)) return emptyPage
  const limit = clampLimit(wanted.limit)
  const { name, rootId } = wanted
  const names = name === undefined || rootId !== undefined ? undefined : yield* namesOf(name)
  if (names?.length === 0) return emptyPage
  const rows = yield* rowsOf(names ? selectNamed(wanted, names, limit + 1) : selectPage(wanted, limit + 1))
  return pageOf(rows.map(decodeEvent), limit, (event) => numbersCursorOf(event.recordedAt, event.position))
}

const needName = ['key', 'since', 'until'] as const

/** Of a run's events there are few: anything filters them. Of all, only a name is a range of an index. */
function refuseUnserved(wanted: EventQuery): void {
  if (wanted.name !== undefined || wanted.rootId !== undefined) return
  const filter = needName.find((each) => wanted[each] !== undefined)
  if (filter !== undefined)
    throw new SluiceError('FILTER_UNSUPPORTED', { of: 'events', filter, needed: ['name', 'run'] })
}

/** More kinds of events than that do not come in one list. */
const mostNames = 50
const mostLookedAt = 1_000

/** Each name there is by one probe of `event_name`, however many events have it. */
const selectNames: Query<[most: number], { name: string }> = query(
  'event-names',
  `with recursive known(name, number) as (
     select min(name), 1 from event
     union all
     select (select min(e.name) from event e where e.name > known.name), number + 1
       from known where known.name is not null and number < cast($1 as bigint)
   ) select name from known where name is not null`,
)

function* namesOf(name: string): Steps<readonly string[]> {
  if (!name.endsWith('.')) return [name]
  const known = yield* rowsOf(selectNames(mostLookedAt))
  const names = known.map((row) => row.name).filter((each) => each.startsWith(name))
  if (known.length === mostLookedAt || names.length > mostNames)
    throw new SluiceError('FILTER_UNSUPPORTED', { of: 'events', filter: 'name', problem: 'too many names begin so' })
  return names
}

/** From the cursor downwards by time: a range of `event_name`, or with a key of `event_match`, for each name; merged. No lock. */
function selectNamed(wanted: EventQuery, names: readonly string[], limit: number): Statement<EventRow> {
  const { key, since = 0, until = Number.MAX_SAFE_INTEGER } = wanted
  const [at = 0, position = 0] = numbersCursor(wanted.after, 2) ?? [until, 0]
  const values: Value[] = [at, position, limit, since, until]
  const keyed = key === undefined ? '' : `and key = $${values.push(key)}`
  const ranges = names.map(
    (name) => `select * from (select ${eventColumns} from event where name = $${values.push(name)} ${keyed}
      and (recorded_at, position) < ($1, $2) and recorded_at >= $4 and recorded_at < $5
      order by recorded_at desc, position desc limit $3) as named`,
  )
  const text = bothTexts(() => `${ranges.join(' union all ')} order by recorded_at desc, position desc limit $3`)
  return { name: `list-events-${names.length}-names${keyed === '' ? '' : '-key'}`, text, values }
}

/** From the cursor downwards by position: a range of the primary key, or of `event_root`, filtered. No lock. */
function selectPage(wanted: EventQuery, limit: number): Statement<EventRow> {
  const [, position = 0] = numbersCursor(wanted.after, 2) ?? [0, Number.MAX_SAFE_INTEGER]
  const values: Value[] = [position, limit]
  const kinds: string[] = ['list-events']
  const filter = (kind: string, value: Value | undefined, condition: (parameter: string) => string): string => {
    if (value === undefined) return ''
    kinds.push(kind)
    return `and ${condition(`$${values.push(value)}`)}`
  }
  const { name, key, rootId, since, until } = wanted
  const conditions = [
    filter('root', rootId, (parameter) => `root_id = ${parameter}`),
    name?.endsWith('.')
      ? filter('prefix', name, (p) => `substr(name, 1, length(cast(${p} as text))) = cast(${p} as text)`)
      : filter('name', name, (parameter) => `name = ${parameter}`),
    filter('key', key, (parameter) => `key = ${parameter}`),
    filter('since', since, (parameter) => `recorded_at >= ${parameter}`),
    filter('until', until, (parameter) => `recorded_at < ${parameter}`),
  ]
  const text = bothTexts(
    () =>
      `select ${eventColumns} from event where position < $1 ${conditions.join(' ')} order by position desc limit $2`,
  )
  return { name: kinds.join('-'), text, values }
}
