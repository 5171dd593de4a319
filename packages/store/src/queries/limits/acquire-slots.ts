import { SluiceError } from '@sluice/core'
import type { LimitNeed, SlotHolder, SlotRequest } from '../../dispatch-store.ts'
import { isId } from '../../paging.ts'
import { firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { endedStates, storeNow } from '../fragments.ts'
import {
  grantResized,
  grantWaiting,
  holdSlots,
  isTooSmall,
  type LimitState,
  lockLimits,
  misfit,
  obstacleOf,
  readLimits,
} from './limit-lines.ts'

/**
 * One row by primary key, locked: an end of the run that comes later sees `holds` and looks for what it held, and one that came
 * first leaves nothing to hold. A suspended run has no process that could use a slot.
 */
const lockHolder: Query<[rootId: string, epoch: number], { id: string }> = query(
  'lock-slot-holder',
  `update run set holds = 1 where id = $1 and epoch = $2 and parent_id is null and state_type not in ${endedStates}
     and state_name <> 'Suspended' returning id`,
)

type HolderValues = [rootId: string, key: string, epoch: number]

/** A range of the primary key. */
const selectHeld: Query<HolderValues, { name: string }> = query(
  'select-held-slots',
  'select limit_name as name from limit_slot where root_id = $1 and key = $2 and epoch = $3 limit 1',
)

/** One row of `limit_waiter_key`. */
const selectPlace: Query<HolderValues, { waiting_on: string }> = query(
  'select-limit-place',
  'select waiting_on from limit_waiter where root_id = $1 and key = $2 and epoch = $3',
)

/** The new size of a limit that code declares; what an operator set stays. */
const declareLimit: Query<[name: string, slots: number]> = query('declare-limit', {
  sqlite: declaring(storeNow.sqlite),
  postgres: declaring(storeNow.postgres),
})

function declaring(now: string): string {
  return `insert into concurrency_limit (name, slots, origin, created_at, updated_at)
    values ($1, $2, 'code', ${now}, ${now})
    on conflict (name) do update set slots = excluded.slots, updated_at = excluded.updated_at
      where concurrency_limit.origin = 'code'`
}

const insertWaiter: Query<[...HolderValues, waitingOn: string, needs: string]> = query('insert-limit-waiter', {
  sqlite: `insert into limit_waiter (root_id, key, epoch, waiting_on, needs, since)
    values ($1, $2, $3, $4, $5, ${storeNow.sqlite})`,
  postgres: `insert into limit_waiter (root_id, key, epoch, waiting_on, needs, since)
    values ($1, $2, $3, $4, $5, ${storeNow.postgres})`,
})

/** Takes everything that is needed, or stands in line. About eight statements by primary key under the lock of all limits. */
export function* acquireSlots(request: SlotRequest): Steps<boolean> {
  const { rootId, epoch, key } = request
  const holder: HolderValues = [rootId, key, epoch]
  if (!isId(rootId) || (yield* firstOf(lockHolder(rootId, epoch))) === undefined)
    throw new SluiceError('RUN_FENCED', { run: rootId, expectedEpoch: epoch })
  yield* lockLimits()
  if ((yield* firstOf(selectHeld(...holder))) !== undefined) return true
  const needs = merged(request.needs)
  const limits = yield* declared(needs)
  const place = yield* firstOf(selectPlace(...holder))
  refuseTooMuch(needs, limits)
  if (place !== undefined) return yield* askedAgain(request, place.waiting_on)
  const obstacle = obstacleOf(needs, limits, { position: Infinity, line: '' })
  if (obstacle?.kind === 'line') {
    const wanted = JSON.stringify(needs.map(({ name, slots }) => ({ name, slots })))
    yield* rowsOf(insertWaiter(...holder, obstacle.name, wanted))
    return false
  }
  yield* holdSlots({ rootId, epoch, key }, needs)
  return true
}

/** One need per limit, in order of name. */
function merged(needs: readonly LimitNeed[]): readonly LimitNeed[] {
  const byName = new Map<string, LimitNeed>()
  for (const need of needs) {
    const before = byName.get(need.name)
    byName.set(need.name, before === undefined ? need : { ...need, slots: before.slots + need.slots })
  }
  return [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** The limits as they are once code has had its say. Who waited for a larger one has its slots before anybody new. */
function* declared(needs: readonly LimitNeed[]): Steps<ReadonlyMap<string, LimitState>> {
  const names = needs.map((need) => need.name)
  const found = yield* readLimits(names)
  const changed = needs.filter(({ name, size }) => {
    const limit = found.get(name)
    if (size === null && limit === undefined) throw new SluiceError('LIMIT_NOT_FOUND', { limit: name })
    return size !== null && (limit === undefined || (limit.origin === 'code' && limit.slots !== size))
  })
  if (changed.length === 0) return found
  for (const { name, size } of changed) {
    yield* rowsOf(declareLimit(name, size ?? 0))
    yield* grantResized(name)
  }
  return yield* readLimits(names)
}

function refuseTooMuch(needs: readonly LimitNeed[], limits: ReadonlyMap<string, LimitState>): void {
  for (const need of needs) {
    const limit = limits.get(need.name)
    if (limit !== undefined && isTooSmall(limit, need)) {
      throw new SluiceError('LIMIT_TOO_SMALL', { limit: need.name, slots: limit.slots, needed: need.slots })
    }
  }
}

/** It stands in line already. Nobody should have been forgotten there; asking again makes sure. */
function* askedAgain({ rootId, epoch, key }: SlotHolder, waitingOn: string): Steps<boolean> {
  if (waitingOn === misfit) return false
  const granted = yield* grantWaiting([waitingOn])
  return granted.some((holder) => holder.rootId === rootId && holder.epoch === epoch && holder.key === key)
}
