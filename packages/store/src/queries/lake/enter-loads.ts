import { type Micros, SluiceError } from '@sluice/core'
import { columnList, recordTypes } from '../../codec/columns.ts'
import { encodeLakeLoad, lakeLoadColumns } from '../../codec/lake-codec.ts'
import { plainText } from '../../codec/text.ts'
import type { LakeCommitEntry, NewLakeLoad } from '../../lake-store.ts'
import { bothTexts, firstOf, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

const columns = columnList(lakeLoadColumns)
const fields = Object.keys(lakeLoadColumns)
  .map((name) => `value ->> '${name}'`)
  .join(', ')
const replaced = [
  'state',
  'snapshot_id',
  'source',
  'records',
  'loaded',
  'quarantined',
  'discarded',
  'filtered',
  'load_cursor',
  'changes',
  'raw',
  'root_id',
  'task_run_id',
  'at',
]
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')

/**
 * One row by primary key. Only a load that is not published yet may change: it is checked, published or dropped. No row answered: the
 * load was committed before.
 */
const insertLoad: Query<[load: string, at: Micros | null], { id: string }> = query('insert-lake-load', {
  sqlite: `insert into lake_load (${columns}, at) select ${fields}, coalesce($2, ${storeNow.sqlite}) from json_each(json_array(json($1))) where true
    on conflict (table_id, id) do update set ${replaced} where lake_load.state in ('staged', 'blocked') returning id`,
  postgres: `insert into lake_load (${columns}, at)
    select ${columns}, coalesce(cast($2 as bigint), ${storeNow.postgres}) from json_to_record($1::json) as r (${recordTypes(lakeLoadColumns)})
    on conflict (table_id, id) do update set ${replaced} where lake_load.state in ('staged', 'blocked') returning id`,
})

/** One row by primary key each; what the load has taken itself already (it was blocked) counts as taken by it. */
const insertFiles: Query<[tableId: string, branch: string, loadId: string, identities: string], { identity: string }> =
  query(
    'insert-lake-load-files',
    bothTexts(
      (dialect) => `insert into lake_load_file (table_id, branch, identity, load_id)
    select distinct ${dialect === 'sqlite' ? '$1' : 'cast($1 as uuid)'}, cast($2 as text), value, cast($3 as text)
    from ${dialect === 'sqlite' ? 'json_each($4)' : 'json_array_elements_text($4::json) as value'} where true
    on conflict (table_id, branch, identity) do update set load_id = excluded.load_id
      where lake_load_file.load_id = excluded.load_id
    returning identity`,
    ),
  )

/** A range of the branch's files: a load that was dropped may be made again, of other rows. */
const freeFiles: Query<[tableId: string, branch: string, loadId: string]> = query(
  'free-lake-load-files',
  'delete from lake_load_file where table_id = $1 and branch = $2 and load_id = $3',
)

/** The ledger's part of a commit. */
export function* enterLoads(commit: LakeCommitEntry): Steps<void> {
  for (const load of commit.loads) {
    const entered = yield* firstOf(insertLoad(JSON.stringify(encodeLakeLoad(load, commit.run)), load.made?.at ?? null))
    if (entered === undefined) throw existing(commit, load, 'it was committed before')
    if (load.state === 'dropped') yield* rowsOf(freeFiles(load.tableId, plainText(load.branch), plainText(load.id)))
    const files = [...new Set(load.files.map(plainText))].toSorted()
    if (files.length === 0) continue
    const taken = yield* rowsOf(insertFiles(load.tableId, plainText(load.branch), plainText(load.id), listOf(files)))
    if (taken.length < files.length) throw existing(commit, load, 'another load has taken a file of it')
  }
}

function existing(commit: LakeCommitEntry, load: NewLakeLoad, reason: string): SluiceError {
  return new SluiceError('LOAD_EXISTS', { load: load.id, tableId: load.tableId, commit: commit.id, reason })
}
