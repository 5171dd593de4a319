import type { Micros } from '@sluice/core'
import { plainText } from '../../codec/text.ts'
import type { WaitAnswer } from '../../dispatch-store.ts'
import { bothTexts, firstOf, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { becomeDue } from '../dispatch/make-due.ts'
import { isAnyId, locking, storeNow } from '../fragments.ts'

interface OpenRow {
  readonly root_id: string
  readonly status: string
  readonly answered_at: Micros | null
}

/** One row by primary key. No lock. */
const selectWait: Query<[id: string], OpenRow> = query(
  'select-wait-to-answer',
  'select root_id, status, answered_at from wait where id = $1',
)

/**
 * By primary key, in order of ids. An owner that is suspending its run commits first, and its place in the queue is seen; or it
 * comes later, and sees the answer.
 */
const lockRoots: Query<[ids: string], { id: string }> = query(
  'lock-runs-of-waits',
  bothTexts(
    (dialect) =>
      `select id from run where id ${isAnyId('$1')[dialect]} order by id${locking(dialect, ' for no key update')}`,
  ),
)

/** Locks the root runs of waits before any of those is answered. */
export function* lockOwners(rootIds: readonly string[]): Steps<void> {
  yield* rowsOf(lockRoots(listOf([...new Set(rootIds)])))
}

/**
 * One row by primary key: the first answer stays. Its deadline is the owner's, by the owner's clock: this one could refuse what that
 * one still waits for. A run that has ended takes its answer when it is retried.
 */
const writeAnswer: Query<[id: string, answer: string, by: string], { root_id: string }> = query(
  'answer-wait',
  bothTexts(
    (dialect) => `update wait set answer = $2, answered_by = $3, answered_at = ${storeNow[dialect]}
      where id = $1 and status = 'open' and answered_at is null returning root_id`,
  ),
)

/** Answers one wait whose root run is locked. True when it was open. */
export function* putAnswer({ waitId, answer, by }: WaitAnswer): Steps<boolean> {
  return (yield* firstOf(writeAnswer(waitId, plainText(answer), plainText(by)))) !== undefined
}

/** Answers a wait from outside. Its run, when it is suspended, is due. */
export function* answerWait(answer: WaitAnswer): Steps<'answered' | 'already' | 'notFound'> {
  const found = yield* firstOf(selectWait(answer.waitId))
  if (found === undefined) return 'notFound'
  yield* lockOwners([found.root_id])
  if (!(yield* putAnswer(answer))) return 'already'
  yield* becomeDue([found.root_id])
  return 'answered'
}
