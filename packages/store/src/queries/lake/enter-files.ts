import { plainText } from '../../codec/text.ts'
import type { LakeFileText } from '../../lake-store.ts'
import { type Query, query, rowsOf, type Steps } from '../../statement.ts'

/** Rows by primary key. */
const upsertFiles: Query<[workspace: string, rows: string]> = query('put-lake-files', {
  sqlite: `insert into lake_file (workspace, fileset, name, search_text)
    select $1, value ->> 'fileset', value ->> 'name', value ->> 'searchText' from json_each($2) where true
    on conflict (workspace, fileset, name) do update set search_text = excluded.search_text`,
  postgres: `insert into lake_file (workspace, fileset, name, search_text)
    select $1, fileset, name, "searchText" from json_to_recordset($2::json) as r (fileset text, name text, "searchText" text)
    on conflict (workspace, fileset, name) do update set search_text = excluded.search_text`,
})

/** One row by primary key. */
const deleteFile: Query<[workspace: string, fileset: string, name: string]> = query(
  'delete-lake-file',
  'delete from lake_file where workspace = $1 and fileset = $2 and name = $3',
)

/** What the files of a commit are found by. */
export function* enterFiles(workspace: string, files: readonly LakeFileText[]): Steps<void> {
  const last = new Map(files.map((file) => [JSON.stringify([file.fileset, file.name]), file]))
  const [kept, gone]: [object[], LakeFileText[]] = [[], []]
  for (const { fileset, name, searchText } of last.values()) {
    if (searchText === null) gone.push({ fileset, name, searchText })
    else kept.push({ fileset, name: plainText(name), searchText: plainText(searchText) })
  }
  if (kept.length > 0) yield* rowsOf(upsertFiles(workspace, JSON.stringify(kept)))
  for (const { fileset, name } of gone) yield* rowsOf(deleteFile(workspace, fileset, plainText(name)))
}
