import type { Micros } from '@sluice/core'
import { bothTexts, firstOf, type Query, query, type Steps } from '../statement.ts'
import { storeNow } from './fragments.ts'

const selectNow: Query<[], { now: Micros }> = query(
  'store-clock',
  bothTexts((dialect) => `select ${storeNow[dialect]} as now`),
)

/** What time it is at the store: the time of every state that the store itself sets. */
export function* readClock(): Steps<Micros> {
  return (yield* firstOf(selectNow()))?.now ?? 0
}
