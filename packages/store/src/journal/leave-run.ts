import { isTerminal, type StateType } from '@sluice/core'
import type { SlotHolder } from '../dispatch-store.ts'
import type { FoldedBatch } from '../fold-batch.ts'
import { leaveWorkers } from '../queries/dispatch/leave-worker.ts'
import { suspendRun } from '../queries/dispatch/suspend-run.ts'
import { releaseRoots } from '../queries/limits/release-slots.ts'
import type { Steps } from '../statement.ts'

/** How a batch lets go of its run: it ends it, or suspends it. Undefined: it goes on. */
export function leavingOf({ root }: FoldedBatch): 'ends' | 'suspends' | undefined {
  if (root === undefined) return undefined
  if (isTerminal(root.state.type)) return 'ends'
  return root.state.name === 'Suspended' ? 'suspends' : undefined
}

/** What the fence saw of the run: its state before the batch, and whether it may hold slots. */
export interface FencedRun {
  readonly state_type: StateType
  readonly holds: number
}

/** In the transaction of a batch that lets go of its run, after its rows: worker, slots and places go, the next ones are granted. */
export function* leaveRun(batch: FoldedBatch, before: FencedRun): Steps<readonly SlotHolder[]> {
  yield* leaveWorkers([batch.rootId])
  if (leavingOf(batch) === 'suspends') yield* suspendRun(batch.rootId, before.state_type)
  return before.holds === 1 ? yield* releaseRoots([batch.rootId]) : []
}
