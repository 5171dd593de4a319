import { type Micros, SluiceError } from '@sluice/core'
import { flag } from '../../codec/text.ts'
import type { Heartbeat, HeartbeatAnswer, RunEpoch } from '../../dispatch-store.ts'
import { isId } from '../../paging.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { microsOf } from '../dispatch/micros-of.ts'
import { storeNow } from '../fragments.ts'

/** One narrow row by primary key. A stopped worker has no lease any more. */
const renewLease: Query<[workerId: string, lease: number, draining: number], { now: Micros }> = query(
  'renew-lease',
  bothTexts(
    (
      dialect,
    ) => `update worker_lease set expires_at = ${storeNow[dialect]} + $2, seen_at = ${storeNow[dialect]}, draining = $3
      where worker_id = $1 returning seen_at as now`,
  ),
)

interface HeldRow extends RunEpoch {
  readonly claimed_at: Micros
  readonly state_type: string
}

/** A range of `assignment_worker`, each with its run by primary key. No lock. */
const selectHeld: Query<[workerId: string], HeldRow> = query(
  'select-held-runs',
  `select a.root_id as id, a.epoch, a.claimed_at, r.state_type
   from assignment a join run r on r.id = a.root_id where a.worker_id = $1 order by a.root_id`,
)

/** What the story of a run says that was given to a worker and never reached it. */
export const unlistedMessage = 'its worker never got it'

/** What a heartbeat found out. `unlisted` are not reclaimed yet. */
export interface Beat extends Omit<HeartbeatAnswer, 'unlisted'> {
  readonly unlisted: readonly RunEpoch[]
}

/** Renews the lease, whether or not it had passed, and compares lists. Two statements. */
export function* heartbeat(beat: Heartbeat): Steps<Beat> {
  const lease = renewLease(beat.workerId, microsOf(beat.leaseMs), flag(beat.draining))
  const renewed = isId(beat.workerId) ? yield* firstOf(lease) : undefined
  if (renewed === undefined) throw new SluiceError('WORKER_NOT_FOUND', { worker: beat.workerId })
  const held = yield* rowsOf(selectHeld(beat.workerId))
  const listed = new Set(beat.runs.map(nameOf))
  const own = new Set(held.map(nameOf))
  const young = renewed.now - microsOf(beat.unlistedAfterMs)
  return {
    drop: beat.runs.filter((run) => !own.has(nameOf(run))),
    cancelling: held.filter((run) => run.state_type === 'cancelling' && listed.has(nameOf(run))).map(({ id }) => id),
    unlisted: held
      .filter((run) => !listed.has(nameOf(run)) && run.claimed_at < young)
      .map(({ id, epoch }) => ({ id, epoch })),
  }
}

const nameOf = ({ id, epoch }: RunEpoch): string => `${id} ${epoch}`
