import type { LimitNeed, SlotHolder } from '../../dispatch-store.ts'
import { bothTexts, firstOf, listed, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

/** How many slots of one limit something takes. */
export type Need = Pick<LimitNeed, 'name' | 'slots'>

/**
 * Where a waiter stands that needs more slots than its limit has: in no line, so that it holds nobody up. When it asks again it
 * is told; when the limit grows it stands in line again.
 */
export const misfit = ''

/** "limi" in ASCII. */
const limitLock = 0x6c696d69

const takeLock: Query<[]> = query('lock-limits', {
  sqlite: 'select 1',
  postgres: `select pg_advisory_xact_lock(${limitLock})`,
})

/**
 * One lock for everything that changes who holds slots of named limits or who waits for them, held to the end of the
 * transaction. Rows of runs are locked *before* it, never after: so nobody waits in a circle.
 */
export function* lockLimits(): Steps<void> {
  yield* rowsOf(takeLock())
}

/** What there is to know of a limit. */
export interface LimitState {
  readonly name: string
  readonly slots: number
  readonly origin: 'code' | 'operator'
  readonly held: number
  /** Place of who is first in its line; null: nobody waits. */
  readonly head: number | null
}

/** Each by primary key, with a range of `limit_slot_limit` (as many rows as holders) and the first of `limit_waiter_order`. */
const selectLimits: Query<[names: string], LimitState> = query(
  'select-limits',
  bothTexts(
    (dialect) => `select name, slots, origin,
      (select coalesce(sum(s.slots), 0) from limit_slot s where s.limit_name = concurrency_limit.name) as held,
      (select w.position from limit_waiter w where w.waiting_on = concurrency_limit.name order by w.position limit 1) as head
    from concurrency_limit where name in ${listed('$1')[dialect]}`,
  ),
)

/** The limits of these names, as far as they exist. The caller holds the lock. */
export function* readLimits(names: readonly string[]): Steps<ReadonlyMap<string, LimitState>> {
  const rows = yield* rowsOf(selectLimits(listOf(names)))
  return new Map(rows.map((row) => [row.name, row]))
}

interface WaiterRow {
  readonly position: number
  readonly root_id: string
  readonly key: string
  readonly epoch: number
  readonly needs: string
}

/** The next of a line: one row of `limit_waiter_order`. */
const selectNext: Query<[name: string, after: number], WaiterRow> = query(
  'next-limit-waiter',
  `select position, root_id, key, epoch, needs from limit_waiter where waiting_on = $1 and position > $2 order by position limit 1`,
)

const moveWaiter: Query<[position: number, waitingOn: string]> = query(
  'move-limit-waiter',
  'update limit_waiter set waiting_on = $2 where position = $1',
)

const deleteWaiter: Query<[position: number]> = query(
  'delete-limit-waiter',
  'delete from limit_waiter where position = $1',
)

/** One row per need, by primary key. */
const insertSlots: Query<[rootId: string, key: string, epoch: number, needs: string]> = query('insert-limit-slots', {
  sqlite: `insert into limit_slot (root_id, key, limit_name, epoch, slots, granted_at)
    select $1, $2, value ->> 'name', $3, value ->> 'slots', ${storeNow.sqlite} from json_each($4)`,
  postgres: `insert into limit_slot (root_id, key, limit_name, epoch, slots, granted_at)
    select $1, $2, name, $3, slots, ${storeNow.postgres} from json_to_recordset($4::json) as r (name text, slots integer)`,
})

/** Writes down that the needs are held. */
export function* holdSlots(holder: SlotHolder, needs: readonly Need[]): Steps<void> {
  yield* rowsOf(insertSlots(holder.rootId, holder.key, holder.epoch, JSON.stringify(needs)))
}

/** What a need meets: it can be had, it is larger than its limit, or it has to stand in that limit's line. */
type Obstacle = { readonly kind: 'misfit' } | { readonly kind: 'line'; readonly name: string }

/**
 * Why the needs cannot be had now: the limit whose line it stands in, else the first other one. Who came before goes first: a
 * need also waits while somebody older stands in its limit's line. A limit that is gone limits nothing; one of no slots at all
 * is closed, and those who need it wait.
 * @param place its position, and the line it stands in
 */
export function obstacleOf(
  needs: readonly Need[],
  limits: ReadonlyMap<string, LimitState>,
  place: { readonly position: number; readonly line: string },
): Obstacle | undefined {
  const known = needs.flatMap((need) => {
    const limit = limits.get(need.name)
    return limit === undefined ? [] : [{ need, limit }]
  })
  if (known.some(({ need, limit }) => isTooSmall(limit, need))) return { kind: 'misfit' }
  const short = known
    .filter(({ need, limit }) => limit.slots - limit.held < need.slots || (limit.head ?? Infinity) < place.position)
    .map(({ need }) => need.name)
  const name = short.includes(place.line) ? place.line : short[0]
  return name === undefined ? undefined : { kind: 'line', name }
}

/** True when a need can never be met. */
export const isTooSmall = (limit: LimitState, need: Need): boolean => limit.slots > 0 && need.slots > limit.slots

/**
 * Hands free slots to those who wait for these limits, each line from its head until one must go on waiting for that limit. One
 * whose other needs are not free moves to that limit's line, with its old place, and holds up nobody here. The caller holds the
 * lock and has just freed slots of these limits, or changed their size, or taken somebody out of their lines.
 *
 * So at the end of every transaction the head of each line fits its limit and lacks slots of it.
 */
export function* grantWaiting(names: readonly string[]): Steps<readonly SlotHolder[]> {
  const granted: SlotHolder[] = []
  for (const name of [...new Set(names)].toSorted()) if (name !== misfit) yield* grantLine(name, granted)
  return granted
}

function* grantLine(name: string, granted: SlotHolder[]): Steps<void> {
  let waiter = yield* firstOf(selectNext(name, 0))
  while (waiter !== undefined) {
    const { position } = waiter
    const needs = JSON.parse(waiter.needs) as readonly Need[]
    const limits = yield* readLimits(needs.map((need) => need.name))
    const obstacle = obstacleOf(needs, limits, { position, line: name })
    if (obstacle?.kind === 'line' && obstacle.name === name) return
    if (obstacle === undefined) {
      const holder = { rootId: waiter.root_id, epoch: waiter.epoch, key: waiter.key }
      yield* rowsOf(deleteWaiter(position))
      yield* holdSlots(holder, needs)
      granted.push(holder)
    } else yield* rowsOf(moveWaiter(position, obstacle.kind === 'misfit' ? misfit : obstacle.name))
    waiter = yield* firstOf(selectNext(name, position))
  }
}

/** All who wait for anything. Read only when a limit changes its size. */
const selectWaiters: Query<[], Pick<WaiterRow, 'position' | 'needs'> & { readonly waiting_on: string }> = query(
  'select-limit-waiters',
  'select position, needs, waiting_on from limit_waiter order by position',
)

/**
 * {@link grantWaiting} for a limit whose size changed: who needs more of it than there is leaves the line that it stands in, also
 * that of another limit, and who needed too much stands in line again.
 */
export function* grantResized(name: string): Steps<readonly SlotHolder[]> {
  const limit = (yield* readLimits([name])).get(name)
  const changed = [name]
  for (const { position, needs, waiting_on } of yield* rowsOf(selectWaiters())) {
    const need = (JSON.parse(needs) as readonly Need[]).find((each) => each.name === name)
    if (need === undefined) continue
    const tooSmall = limit !== undefined && isTooSmall(limit, need)
    if (tooSmall === (waiting_on === misfit)) continue
    yield* rowsOf(moveWaiter(position, tooSmall ? misfit : name))
    changed.push(waiting_on)
  }
  return yield* grantWaiting(changed)
}
