import { firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'

/** Each one row by primary key. */
const selectSetting: Query<[key: string], { value: string }> = query(
  'get-setting',
  'select value from setting where key = $1',
)
const insertSetting: Query<[key: string, value: string]> = query(
  'init-setting',
  'insert into setting (key, value) values ($1, $2) on conflict (key) do nothing',
)
const upsertSetting: Query<[key: string, value: string]> = query(
  'put-setting',
  'insert into setting (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value',
)

export function* getSetting(key: string): Steps<string | undefined> {
  return (yield* firstOf(selectSetting(key)))?.value
}

/** {@link CatalogStore.initSetting}. Each statement for itself: the second one sees what was there, whoever wrote it. */
export function* initSetting(key: string, value: string): Steps<string> {
  yield* rowsOf(insertSetting(key, value))
  return (yield* getSetting(key)) ?? value
}

export function* putSetting(key: string, value: string): Steps<void> {
  yield* rowsOf(upsertSetting(key, value))
}
