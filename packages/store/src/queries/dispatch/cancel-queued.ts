import type { State } from '@sluice/core'
import { firstOf, type Steps } from '../../statement.ts'
import { endUnowned } from '../end-unowned-run.ts'
import { readControlRow } from '../read-control.ts'
import { leaveQueue, lockQueueEntry } from './lock-queue-entry.ts'

/** Ends a run that waits for a worker. Whoever is claiming it at this moment is first. */
export function* cancelQueued(id: string, state: State): Steps<boolean> {
  if ((yield* lockQueueEntry(id)) === undefined) return false
  const found = yield* firstOf(readControlRow(id))
  yield* leaveQueue(id)
  return found !== undefined && (yield* endUnowned(id, found.epoch, state, false))
}
