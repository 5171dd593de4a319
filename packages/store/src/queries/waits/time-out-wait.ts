import { SluiceError } from '@sluice/core'
import type { OwnedWait } from '../../dispatch-store.ts'
import { areIds } from '../../paging.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { becomeDue } from '../dispatch/make-due.ts'
import { locking, storeNow } from '../fragments.ts'

/** By primary key: after that no other owner is made, and no answer is written, before this commits. */
const lockOwner: Query<[id: string], { epoch: number }> = query(
  'lock-owner-of-wait',
  bothTexts(
    (dialect) => `select epoch from run where id = $1 and parent_id is null${locking(dialect, ' for no key update')}`,
  ),
)

/** One row by primary key: an answer without a text. */
const writeTimeout: Query<[id: string, rootId: string]> = query(
  'time-out-wait',
  bothTexts(
    (dialect) => `update wait set answered_by = 'timeout', answered_at = ${storeNow[dialect]}
      where id = $1 and root_id = $2 and status = 'open' and answered_at is null`,
  ),
)

/** One row by primary key. */
const selectAnswer: Query<[id: string, rootId: string], { answer: string | null }> = query(
  'select-answer-of-wait',
  'select answer from wait where id = $1 and root_id = $2',
)

/**
 * Closes a wait whose time is up, unless somebody was first. Asked again it tells the same. Its run, when it was suspended in that
 * moment, is due: nobody else will wake it.
 */
export function* timeOutWait({ rootId, epoch, waitId }: OwnedWait): Steps<string | null> {
  const owner = areIds(rootId, waitId) ? yield* firstOf(lockOwner(rootId)) : undefined
  if (owner?.epoch !== epoch)
    throw new SluiceError('RUN_FENCED', { run: rootId, epoch: owner?.epoch, expectedEpoch: epoch })
  yield* rowsOf(writeTimeout(waitId, rootId))
  const found = yield* firstOf(selectAnswer(waitId, rootId))
  if (found === undefined) throw new SluiceError('WAIT_NOT_FOUND', { wait: waitId })
  yield* becomeDue([rootId])
  return found.answer
}
