import { SluiceError } from '@sluice/core'
import { columnList, recordTypes } from '../../codec/columns.ts'
import {
  decodeLakeTable,
  encodeLakeSnapshot,
  lakeSnapshotColumns,
  lakeTableColumns,
  type LakeTableRow,
} from '../../codec/lake-codec.ts'
import { plainText } from '../../codec/text.ts'
import type { LakeTableChange, LakeTableRecord } from '../../lake-store.ts'
import { bothTexts, firstOf, listed, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

/** One row of `lake_table_name`. Who makes a table of this name meanwhile waits on PostgreSQL, and then finds it taken. */
const insertTable: Query<
  [
    id: string,
    workspace: string,
    name: string,
    directory: string,
    metadataKey: string,
    version: number,
    createdBy: string,
  ],
  LakeTableRow
> = query(
  'insert-lake-table',
  bothTexts(
    (dialect) => `insert into lake_table
      (id, workspace, name, directory, metadata_key, version, created_by, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, ${storeNow[dialect]}, ${storeNow[dialect]})
    on conflict do nothing returning ${lakeTableColumns}`,
  ),
)

/** The swap: one row by primary key, while it is as expected. */
const movePointer: Query<[id: string, expectedVersion: number, metadataKey: string], LakeTableRow> = query(
  'move-lake-pointer',
  bothTexts(
    (dialect) => `update lake_table set metadata_key = $3, version = version + 1, updated_at = ${storeNow[dialect]}
    where id = $1 and version = $2 and dropped_at is null returning ${lakeTableColumns}`,
  ),
)

/** One row by primary key. */
const setSearchText: Query<[id: string, text: string]> = query(
  'set-lake-search-text',
  'update lake_table set search_text = $2 where id = $1',
)

/** Makes a table, or moves its pointer, with the snapshots and refs that its new metadata has. */
export function* changeTable(workspace: string, change: LakeTableChange, createdBy: string): Steps<LakeTableRecord> {
  const row = yield* change.expectedVersion === 0 ? made(workspace, change, createdBy) : moved(change)
  if (change.removedSnapshots.length > 0) yield* rowsOf(deleteSnapshots(change.id, listOf(change.removedSnapshots)))
  if (change.addedSnapshots.length > 0)
    yield* rowsOf(insertSnapshots(change.id, JSON.stringify(change.addedSnapshots.map(encodeLakeSnapshot))))
  if (change.refs !== null) yield* putRefs(change.id, change.refs)
  if (change.searchText !== undefined) yield* rowsOf(setSearchText(change.id, plainText(change.searchText)))
  return decodeLakeTable(row)
}

function* made(workspace: string, change: LakeTableChange, createdBy: string): Steps<LakeTableRow> {
  const place = [change.name, change.directory, change.metadataKey] as const
  const row = yield* firstOf(
    insertTable(change.id, workspace, ...place, change.firstVersion ?? 1, plainText(createdBy)),
  )
  if (row === undefined) throw new SluiceError('TABLE_EXISTS', { table: change.name })
  return row
}

function* moved({ id, name, expectedVersion, metadataKey }: LakeTableChange): Steps<LakeTableRow> {
  const row = yield* firstOf(movePointer(id, expectedVersion, metadataKey))
  if (row !== undefined) return row
  throw new SluiceError('LAKE_COMMIT_CONFLICT', { table: name, expectedVersion, reason: 'another commit was first' })
}

const columns = columnList(lakeSnapshotColumns)
const fields = Object.keys(lakeSnapshotColumns)
  .map((name) => `value ->> '${name}'`)
  .join(', ')

const insertSnapshots: Query<[tableId: string, rows: string]> = query('insert-lake-snapshots', {
  sqlite: `insert into lake_snapshot (table_id, ${columns}, committed_at)
    select $1, ${fields}, ${storeNow.sqlite} from json_each($2) where true on conflict do nothing`,
  postgres: `insert into lake_snapshot (table_id, ${columns}, committed_at)
    select cast($1 as uuid), ${columns}, (select ${storeNow.postgres}) from json_to_recordset($2::json) as r (${recordTypes(lakeSnapshotColumns)})
    on conflict do nothing`,
})

/** Rows by primary key. */
const deleteSnapshots: Query<[tableId: string, ids: string]> = query(
  'delete-lake-snapshots',
  bothTexts((dialect) => `delete from lake_snapshot where table_id = $1 and snapshot_id in ${listed('$2')[dialect]}`),
)

/** The table's range of the primary key: few. */
const deleteRefs: Query<[tableId: string, names: string]> = query(
  'delete-lake-refs',
  bothTexts((dialect) => `delete from lake_ref where table_id = $1 and name not in ${listed('$2')[dialect]}`),
)

const upsertRefs: Query<[tableId: string, rows: string]> = query('put-lake-refs', {
  sqlite: `insert into lake_ref (table_id, name, kind, snapshot_id)
    select $1, value ->> 'name', value ->> 'kind', value ->> 'snapshotId' from json_each($2) where true
    on conflict (table_id, name) do update set kind = excluded.kind, snapshot_id = excluded.snapshot_id`,
  postgres: `insert into lake_ref (table_id, name, kind, snapshot_id)
    select cast($1 as uuid), name, kind, "snapshotId" from json_to_recordset($2::json) as r (name text, kind text, "snapshotId" text)
    on conflict (table_id, name) do update set kind = excluded.kind, snapshot_id = excluded.snapshot_id`,
})

function* putRefs(tableId: string, refs: NonNullable<LakeTableChange['refs']>): Steps<void> {
  yield* rowsOf(deleteRefs(tableId, listOf(refs.map(({ name }) => name))))
  if (refs.length > 0) yield* rowsOf(upsertRefs(tableId, JSON.stringify(refs)))
}
