import * as z from 'zod'
import { count, id, micros, text } from '../basics.ts'
import { problem } from '../entities/problem.ts'
import { storedError } from '../entities/stored-error.ts'
import {
  artifactRecord,
  cacheEntry,
  runRecord,
  storedValue,
  taskRunRecord,
  waitRecord,
  wireState,
  wireTimeline,
} from './records.ts'

const keys = z.array(text(1_000)).max(1_000_000).readonly()

const taskEntry = z.strictObject({
  kind: z.literal('task'),
  row: taskRunRecord.readonly(),
  cache: cacheEntry.readonly().exactOptional(),
})

const childEntry = z.strictObject({
  kind: z.literal('child'),
  row: runRecord
    .omit({ epoch: true, journalSeq: true, crashCount: true, nondeterministic: true, owner: true, rerunOf: true })
    .readonly(),
})

const rootEntry = z.strictObject({
  kind: z.literal('root'),
  state: wireState,
  timeline: wireTimeline,
  attempt: count.exactOptional(),
  result: storedValue.nullable().exactOptional(),
  error: storedError.nullable().exactOptional(),
  unhandled: keys.exactOptional(),
  name: text(100_000).nullable().exactOptional(),
  parameters: storedValue.exactOptional(),
  endedAt: micros.nullable().exactOptional(),
  nondeterministic: z.boolean().exactOptional(),
})

const waitEntry = z.strictObject({ kind: z.literal('wait'), row: waitRecord.readonly() })
const artifactEntry = z.strictObject({ kind: z.literal('artifact'), row: artifactRecord.readonly() })
const dropEntry = z.strictObject({ kind: z.literal('drop'), keys })

/** Consecutive entries of one root run's journal, written all or nothing under the fence. */
export const journalBatch = z
  .strictObject({
    rootId: id,
    epoch: count,
    first: count,
    entries: z
      .array(z.discriminatedUnion('kind', [taskEntry, childEntry, rootEntry, waitEntry, artifactEntry, dropEntry]))
      .min(1)
      .max(20_000)
      .readonly(),
  })
  .meta({ id: 'JournalBatch' })

export const journalReceipt = z.strictObject({ cancelling: z.boolean() }).meta({ id: 'JournalReceipt' })

/** Batches of several runs of one process. Each speaks with the token of its own run. */
export const journalBatches = z
  .strictObject({
    batches: z
      .array(z.strictObject({ token: text(500), batch: journalBatch }).readonly())
      .min(1)
      .max(100)
      .readonly(),
  })
  .meta({ id: 'JournalBatches' })

/** The same as one message of a connection that stays open. */
export const linkedBatches = journalBatches.extend({ id: count })

/** What became of each batch, in their order: one that is refused says nothing about the others. */
export const journalVerdicts = z
  .strictObject({
    verdicts: z.array(z.union([journalReceipt, z.strictObject({ problem })]).readonly()).readonly(),
  })
  .meta({ id: 'JournalVerdicts' })

export type JournalVerdict = z.infer<typeof journalVerdicts>['verdicts'][number]
