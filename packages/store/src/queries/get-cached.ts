import type { Micros } from '@sluice/core'
import { cacheColumns, type CacheRow, decodeCached } from '../codec/cache-codec.ts'
import { columnList } from '../codec/columns.ts'
import type { CachedResult } from '../records.ts'
import { firstOf, type Query, query, type Steps } from '../statement.ts'

/** One row by primary key. No lock. */
const selectCached: Query<[key: string, now: Micros], CacheRow> = query(
  'get-cached',
  `select ${columnList(cacheColumns)} from cache where key = $1 and (expires_at is null or expires_at > $2)`,
)

/** A result that may still be used. */
export function* getCached(key: string, now: Micros): Steps<CachedResult | undefined> {
  const row = yield* firstOf(selectCached(key, now))
  return row && decodeCached(row)
}
