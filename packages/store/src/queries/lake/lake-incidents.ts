import { columnList, recordTypes } from '../../codec/columns.ts'
import {
  decodeLakeIncident,
  encodeLakeIncident,
  lakeIncidentColumns,
  type LakeIncidentRow,
  newLakeIncidentColumns,
} from '../../codec/lake-codec.ts'
import { plainText, plainTextOrNull } from '../../codec/text.ts'
import type {
  LakeIncidentEnd,
  LakeIncidentQuery,
  LakeIncidentRecord,
  LakeLoadIncidentEnd,
  NewLakeIncident,
} from '../../lake-store.ts'
import { afterAllIds, clampLimit, numberCursor, pageOf, textCursor, textCursorOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Statement, type Steps } from '../../statement.ts'
import { emitEvents } from '../events/emit-events.ts'
import { storeNow } from '../fragments.ts'

const columns = columnList(newLakeIncidentColumns)
const fields = Object.keys(newLakeIncidentColumns)
  .map((name) => `value ->> '${name}'`)
  .join(', ')
const again = `on conflict (workspace, table_name, kind, load_id) do update set state = 'open', snapshot_id = excluded.snapshot_id,
    detail = excluded.detail, root_id = excluded.root_id, opened_at = excluded.opened_at, closed_at = null, closed_by = null, note = null
  where lake_incident.state <> 'open' returning ${lakeIncidentColumns}`

/** One row of `lake_incident_once`. No row answered: it is open already. */
const insertIncident: Query<[incident: string], LakeIncidentRow> = query('open-lake-incident', {
  sqlite: `insert into lake_incident (${columns}, state, opened_at)
    select ${fields}, 'open', ${storeNow.sqlite} from json_each(json_array(json($1))) where true ${again}`,
  postgres: `insert into lake_incident (${columns}, state, opened_at)
    select ${columns}, 'open', ${storeNow.postgres} from json_to_record($1::json) as r (${recordTypes(newLakeIncidentColumns)}) ${again}`,
})

/** One row of `lake_incident_once`. No lock. */
const selectSame: Query<[workspace: string, table: string, kind: string, loadId: string], LakeIncidentRow> = query(
  'find-lake-incident',
  `select ${lakeIncidentColumns} from lake_incident
  where workspace = $1 and table_name = $2 and kind = $3 and load_id = $4`,
)

/** {@link LakeStore.openLakeIncident} */
export function* openLakeIncident(
  workspace: string,
  incident: NewLakeIncident,
  rootId: string | null,
): Steps<LakeIncidentRecord | undefined> {
  const opened = yield* firstOf(insertIncident(JSON.stringify(encodeLakeIncident(incident, workspace, rootId))))
  const { id, tableName, kind, loadId, snapshotId } = incident
  if (opened === undefined) {
    const same = yield* firstOf(selectSame(workspace, tableName, kind, plainText(loadId)))
    return same && decodeLakeIncident(same)
  }
  const payload = JSON.stringify({ incident: opened.id, table: tableName, kind, load: loadId, snapshot: snapshotId })
  yield* emitEvents([{ id, workspace, name: 'incident.opened', key: tableName, rootId, payload }])
  return decodeLakeIncident(opened)
}

/** One row by primary key. No lock. */
const selectIncident: Query<[workspace: string, id: string], LakeIncidentRow> = query(
  'get-lake-incident',
  `select ${lakeIncidentColumns} from lake_incident where id = $2 and workspace = $1`,
)

export function* getLakeIncident(workspace: string, id: string): Steps<LakeIncidentRecord | undefined> {
  const row = yield* firstOf(selectIncident(workspace, id))
  return row && decodeLakeIncident(row)
}

/** One row by primary key. */
const closeIncident: Query<[workspace: string, id: string, by: string, note: string | null]> = query(
  'resolve-lake-incident',
  bothTexts(
    (
      dialect,
    ) => `update lake_incident set state = 'resolved', closed_at = ${storeNow[dialect]}, closed_by = $3, note = cast($4 as text)
    where id = $2 and workspace = $1 and state = 'open'`,
  ),
)

/** {@link LakeStore.resolveLakeIncident} */
export function* resolveLakeIncident(
  workspace: string,
  id: string,
  { by, note }: LakeIncidentEnd,
): Steps<LakeIncidentRecord | undefined> {
  yield* rowsOf(closeIncident(workspace, id, plainText(by), plainTextOrNull(note)))
  return yield* getLakeIncident(workspace, id)
}

/** The table's range of `lake_incident_once`. */
const closeOfLoad: Query<[workspace: string, table: string, loadId: string, by: string, note: string | null]> = query(
  'resolve-lake-incidents-of-load',
  bothTexts(
    (
      dialect,
    ) => `update lake_incident set state = 'resolved', closed_at = ${storeNow[dialect]}, closed_by = $4, note = cast($5 as text)
    where workspace = $1 and table_name = $2 and load_id = $3 and state = 'open'`,
  ),
)

/** What went wrong with a load that is well now. */
export function* endLoadIncidents(
  workspace: string,
  { tableName, loadId, by, note }: LakeLoadIncidentEnd,
): Steps<void> {
  yield* rowsOf(closeOfLoad(workspace, tableName, plainText(loadId), plainText(by), plainTextOrNull(note)))
}

/** {@link LakeStore.listLakeIncidents} */
export function* listLakeIncidents(workspace: string, search: LakeIncidentQuery): Steps<Page<LakeIncidentRecord>> {
  const limit = clampLimit(search.limit)
  const rows = yield* rowsOf(selectIncidents(workspace, search, limit + 1))
  return pageOf(rows.map(decodeLakeIncident), limit, ({ openedAt, id }) => textCursorOf(String(openedAt), id))
}

/** A range of `lake_incident_order`, `lake_incident_state` or `lake_incident_table`, from its end. No lock. */
function selectIncidents(workspace: string, search: LakeIncidentQuery, limit: number): Statement<LakeIncidentRow> {
  const [at = String(Number.MAX_SAFE_INTEGER), id = afterAllIds] = textCursor(search.after, 2)
  const values: (string | number)[] = [workspace, numberCursor(at), id, limit]
  const conditions: string[] = []
  const where = (column: string, value: string | undefined): void => {
    if (value === undefined) return
    values.push(value)
    conditions.push(`and ${column} = $${values.length}`)
  }
  where('table_name', search.table)
  where('state', search.state)
  const text = `select ${lakeIncidentColumns} from lake_incident
    where workspace = $1 ${conditions.join(' ')} and (opened_at, id) < ($2, $3) order by opened_at desc, id desc limit $4`
  const by = [...(search.table === undefined ? [] : ['table']), ...(search.state === undefined ? [] : ['state'])]
  return { name: ['list-lake-incidents', ...by].join('-'), text: { sqlite: text, postgres: text }, values }
}
