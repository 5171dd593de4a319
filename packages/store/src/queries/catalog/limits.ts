import type { Micros } from '@sluice/core'
import type { LimitRecord } from '../../catalog-store.ts'
import { parseColumn } from '../../codec/text.ts'
import type { SlotHolder } from '../../dispatch-store.ts'
import { bothTexts, type Dialect, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'
import { grantResized, lockLimits } from '../limits/limit-lines.ts'

interface LimitRow {
  readonly name: string
  readonly slots: number
  readonly origin: LimitRecord['origin']
  readonly held: number
  readonly holders: string
  readonly waiting: number
  readonly created_at: Micros
  readonly updated_at: Micros
}

const mostHolders = 100

const holderFields = `'rootId', root_id, 'key', key, 'slots', slots, 'grantedAt', granted_at`
const holders = {
  sqlite: `json_group_array(json_object(${holderFields}))`,
  postgres: `coalesce(json_agg(json_build_object(${holderFields})), '[]')::text`,
}

/** Few rows; each with ranges of `limit_slot_limit` and `limit_waiter_order`. No lock. */
const limitRows = (dialect: Dialect, condition: string): string => `select c.*,
    (select coalesce(sum(slots), 0) from limit_slot where limit_name = c.name) as held,
    (select ${holders[dialect]} from (select * from limit_slot where limit_name = c.name
      order by granted_at, root_id, key limit ${mostHolders}) as h) as holders,
    (select count(*) from limit_waiter where waiting_on = c.name) as waiting
  from concurrency_limit c ${condition} order by c.name`

const selectLimits: Query<[], LimitRow> = query(
  'list-limits',
  bothTexts((dialect) => limitRows(dialect, '')),
)
const selectLimit: Query<[name: string], LimitRow> = query(
  'get-limit',
  bothTexts((dialect) => limitRows(dialect, 'where c.name = $1')),
)

export function* listLimits(): Steps<readonly LimitRecord[]> {
  return (yield* rowsOf(selectLimits())).map(decodeLimit)
}

export function* getLimit(name: string): Steps<LimitRecord | undefined> {
  const row = yield* firstOf(selectLimit(name))
  return row && decodeLimit(row)
}

/** One row by primary key. */
const upsertLimit: Query<[name: string, slots: number]> = query(
  'put-limit',
  bothTexts(
    (dialect) => `insert into concurrency_limit (name, slots, origin, created_at, updated_at)
    values ($1, $2, 'operator', ${storeNow[dialect]}, ${storeNow[dialect]})
    on conflict (name) do update set slots = excluded.slots, origin = excluded.origin, updated_at = excluded.updated_at`,
  ),
)

/** {@link CatalogStore.putLimit} */
export function* putLimit(
  name: string,
  slots: number,
): Steps<{ readonly limit: LimitRecord; readonly granted: readonly SlotHolder[] }> {
  yield* lockLimits()
  yield* rowsOf(upsertLimit(name, slots))
  const granted = yield* grantResized(name)
  const limit = yield* getLimit(name)
  if (limit === undefined) throw new Error('a limit is gone that this transaction has written')
  return { limit, granted }
}

/** One row by primary key. */
const remove: Query<[name: string], { name: string }> = query(
  'delete-limit',
  'delete from concurrency_limit where name = $1 returning name',
)

/** Who waited for it is let through: what does not exist limits nothing. What is held stays held, and counts if it comes again. */
export function* deleteLimit(name: string): Steps<boolean> {
  yield* lockLimits()
  if ((yield* firstOf(remove(name))) === undefined) return false
  yield* grantResized(name)
  return true
}

function decodeLimit(row: LimitRow): LimitRecord {
  return {
    name: row.name,
    slots: row.slots,
    origin: row.origin,
    held: row.held,
    holders: parseColumn<LimitRecord['holders']>(row.holders, []),
    waiting: row.waiting,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
