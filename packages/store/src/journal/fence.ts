import { SluiceError } from '@sluice/core'
import type { SlotHolder } from '../dispatch-store.ts'
import type { FoldedBatch } from '../fold-batch.ts'
import type { JournalReceipt } from '../journal-batch.ts'

/** The assignments that every append makes to its root run. A checkpoint ends a series of crashes. */
export const fenceAssignments = `journal_seq = $4, crash_count = case when cast($5 as bigint) = 1 then 0 else crash_count end`

/** The condition of an append: the run is still mine, and this batch is the next one. */
export const fenceCondition = 'run.epoch = $2 and run.journal_seq = $3'

/** Values for `$1` to `$5`: root run, epoch, position before, position after, whether there is a checkpoint in it. */
export type FenceValues = [rootId: string, epoch: number, before: number, last: number, progress: number]

export const fenceValues = (batch: FoldedBatch): FenceValues => [
  batch.rootId,
  batch.epoch,
  batch.first - 1,
  batch.last,
  batch.progress ? 1 : 0,
]

/** What a root run looks like to an append whose fence did not hold. */
export interface Unfenced {
  readonly epoch: number
  readonly journal_seq: number
  readonly state_type: string
}

/** Tells the three cases apart; only a batch that was applied before is fine. */
export function afterMissedFence(batch: FoldedBatch, found: Unfenced | undefined): JournalReceipt {
  const run = batch.rootId
  if (found === undefined) throw new SluiceError('RUN_NOT_FOUND', { run })
  if (found.epoch !== batch.epoch) {
    throw new SluiceError('RUN_FENCED', { run, epoch: found.epoch, expectedEpoch: batch.epoch })
  }
  if (found.journal_seq < batch.last) {
    throw new SluiceError('JOURNAL_GAP', { run, first: batch.first, expected: found.journal_seq + 1 })
  }
  return receiptOf(found.state_type)
}

/** What the fence saw: the run's state before the batch. */
export const receiptOf = (stateType: string, freed: readonly SlotHolder[] = []): JournalReceipt => ({
  cancelling: stateType === 'cancelling',
  ...(freed.length === 0 ? {} : { freed }),
})
