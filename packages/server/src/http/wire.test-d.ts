import type { CallInput, CallOutput } from '@sluice/api/client'
import type { Checkpoints, JournalBatch, LogEntry, RunRecord } from '@sluice/store'
import { expectTypeOf } from 'vitest'

// What an engine and its server say to each other is what the store keeps: each side of the wire takes the other's.

type Sent<Id extends 'appendJournal' | 'appendLogs'> = CallInput<Id>['body']

export const batchIsSent: (batch: JournalBatch) => Sent<'appendJournal'> = (batch) => batch
export const linesAreSent: (lines: readonly LogEntry[]) => Sent<'appendLogs'>['entries'] = (lines) => lines
export const checkpointsAreRead: (told: CallOutput<'loadCheckpoints'>) => Checkpoints = (told) => told
export const checkpointsAreTold: (read: Checkpoints) => CallOutput<'loadCheckpoints'> = (read) => read
export const runIsClaimed: (told: CallOutput<'claimRuns'>['runs'][number]['run']) => RunRecord = (told) => told
export const runIsAssigned: (read: RunRecord) => CallOutput<'claimRuns'>['runs'][number]['run'] = (read) => read

expectTypeOf<CallInput<'appendJournal'>['params']>().toEqualTypeOf<{ readonly run: string }>()
// @ts-expect-error: a batch without its epoch has no fence.
batchIsSent({ rootId: '', first: 1, entries: [] })
