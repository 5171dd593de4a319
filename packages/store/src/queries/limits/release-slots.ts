import type { Freed, SlotHolder } from '../../dispatch-store.ts'
import { bothTexts, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { isAnyId } from '../fragments.ts'
import { grantWaiting, lockLimits } from './limit-lines.ts'

type NameRow = { readonly name: string }
type HolderValues = [rootId: string, key: string, epoch: number]

/** A range of the primary key. */
const deleteSlots: Query<HolderValues, NameRow> = query(
  'release-slots',
  'delete from limit_slot where root_id = $1 and key = $2 and epoch = $3 returning limit_name as name',
)

/** One row of `limit_waiter_key`. */
const deletePlace: Query<HolderValues, NameRow> = query(
  'leave-limit-line',
  'delete from limit_waiter where root_id = $1 and key = $2 and epoch = $3 returning waiting_on as name',
)

/** Gives back what one holder has, or its place in line. */
export function* releaseSlots({ rootId, key, epoch }: SlotHolder): Steps<Freed> {
  yield* lockLimits()
  const held = yield* rowsOf(deleteSlots(rootId, key, epoch))
  const waited = yield* rowsOf(deletePlace(rootId, key, epoch))
  return { granted: yield* grantWaiting([...held, ...waited].map((row) => row.name)) }
}

/** Ranges of the primary key. */
const deleteSlotsOfRoots: Query<[roots: string], NameRow> = query(
  'release-slots-of-roots',
  bothTexts((dialect) => `delete from limit_slot where root_id ${isAnyId('$1')[dialect]} returning limit_name as name`),
)

/** Ranges of `limit_waiter_key`. */
const deletePlacesOfRoots: Query<[roots: string], NameRow> = query(
  'leave-limit-lines-of-roots',
  bothTexts(
    (dialect) => `delete from limit_waiter where root_id ${isAnyId('$1')[dialect]} returning waiting_on as name`,
  ),
)

/**
 * Gives back everything that these root runs hold or stand in line for. The caller has locked their rows, so nobody takes slots in
 * their names meanwhile, and cleared `holds` in them.
 */
export function* releaseRoots(roots: readonly string[]): Steps<readonly SlotHolder[]> {
  if (roots.length === 0) return []
  yield* lockLimits()
  const held = yield* rowsOf(deleteSlotsOfRoots(listOf(roots)))
  const waited = yield* rowsOf(deletePlacesOfRoots(listOf(roots)))
  return yield* grantWaiting([...held, ...waited].map((row) => row.name))
}
