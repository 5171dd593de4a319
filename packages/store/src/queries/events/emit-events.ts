import { columnList, recordTypes } from '../../codec/columns.ts'
import { encodeEvent, newEventColumns } from '../../codec/event-codec.ts'
import type { NewEvent } from '../../event-store.ts'
import { type Query, query, rowsOf, type Steps } from '../../statement.ts'

const columns = columnList(newEventColumns)
const fields = Object.keys(newEventColumns)
  .map((name) => `value ->> '${name}'`)
  .join(', ')

/** All in one statement, in their order; nothing for an id that is there already, by `event_id`. */
const insertEvents: Query<[events: string]> = query('emit-events', {
  sqlite: `insert into event (${columns}) select ${fields} from json_each($1) where true order by key
    on conflict (id) where name not like 'run.%' do nothing`,
  postgres: `insert into event (${columns})
    select ${columns} from json_to_recordset($1::json) as r (${recordTypes(newEventColumns)})
    on conflict (id) where name not like 'run.%' do nothing`,
})

/** {@link EventStore.emitEvents} */
export function* emitEvents(events: readonly NewEvent[]): Steps<void> {
  if (events.length > 0) yield* rowsOf(insertEvents(JSON.stringify(events.map(encodeEvent))))
}
