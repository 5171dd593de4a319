import type { Micros, State, WaitingFor } from '@sluice/core'
import * as z from 'zod'
import { anyJson, contentHash, count, id, micros, text } from '../basics.ts'
import { artifactKind } from '../entities/artifact.ts'
import { logLevel } from '../entities/log-line.ts'
import { stateName, stateType } from '../entities/state.ts'
import { storedError } from '../entities/stored-error.ts'
import { upstream } from '../entities/task-run.ts'
import { waitKind, waitStatus } from '../entities/wait.ts'

// What an engine and its store say to each other, as the store's own records: times in microseconds, values as stored. A type
// test of the server compares each with its record.

/** Text that authors made: as long as a row may be. */
const authored = text(100_000)
const storedText = text(70_000)

export const storedValue = z.union([
  z.strictObject({ text: storedText }).readonly(),
  // A ref becomes the name of a file: nothing but a hash may pass.
  z.strictObject({ ref: contentHash, bytes: count }).readonly(),
])

const waitingFor: z.ZodType<WaitingFor, WaitingFor> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('time'), until: micros }),
  z.strictObject({ kind: z.literal('limit'), limit: authored }),
  z.strictObject({ kind: z.literal('inputs') }),
  z.strictObject({ kind: z.literal('store') }),
  z.strictObject({ kind: z.literal('input'), key: authored }),
  z.strictObject({ kind: z.literal('event'), event: authored }),
  z.strictObject({ kind: z.literal('run'), runId: id }),
  z.strictObject({ kind: z.literal('worker'), pool: authored }),
])

/** A state with its time in microseconds. */
export const wireState: z.ZodType<State, State> = z
  .strictObject({
    type: stateType,
    name: stateName,
    at: micros,
    message: authored.exactOptional(),
    waitingFor: waitingFor.exactOptional(),
  })
  .meta({ id: 'WireState' })

/** One step of a timeline, as compact as the column it stands in. */
type WireTimelineEntry = readonly [name: string, at: Micros, message?: string]

const timelineEntry = z.union([z.tuple([authored, micros]), z.tuple([authored, micros, authored])]) as z.ZodType<
  WireTimelineEntry,
  WireTimelineEntry
>
export const wireTimeline = z.array(timelineEntry).max(1_000_000).readonly()

const keys = z.array(text(1_000)).max(1_000_000).readonly()
const wireTags = z.array(authored).max(1_000).readonly()
const owner = z.strictObject({ host: authored, bootId: authored, pid: z.int(), pidStart: authored }).readonly()

/** What a run that was not started by a script knows about itself. */
export const runOrigin = z
  .strictObject({
    deploymentId: id.nullable(),
    deploymentVersionId: id.nullable(),
    scheduleId: id.nullable(),
    interval: z.strictObject({ start: micros, end: micros }).readonly().nullable(),
    pool: authored.nullable(),
    queue: authored.nullable(),
    priority: z.int(),
    dueAt: micros.nullable(),
    jobVariables: text(1_000_000).nullable(),
    startedBy: id.nullable(),
  })
  .meta({ id: 'RunOrigin' })

export const runRecord = z
  .strictObject({
    id,
    rootId: id,
    parentId: id.nullable(),
    parentTaskId: id.nullable(),
    key: text(1_000).nullable(),
    flow: authored,
    flowVersion: authored.nullable(),
    name: authored.nullable(),
    description: authored.nullable(),
    entrypoint: authored.nullable(),
    parameters: storedValue,
    tags: wireTags,
    state: wireState,
    timeline: wireTimeline,
    attempt: count,
    result: storedValue.nullable(),
    error: storedError.nullable(),
    unhandled: keys,
    upstream: upstream.readonly(),
    createdAt: micros,
    startedAt: micros.nullable(),
    endedAt: micros.nullable(),
    workspace: authored,
    createdBy: authored,
    owner: owner.nullable(),
    rerunOf: id.nullable(),
    origin: runOrigin.readonly().exactOptional(),
    epoch: count,
    journalSeq: count,
    seq: count.nullable(),
    crashCount: count,
    nondeterministic: z.boolean(),
    checkpoint: z.boolean(),
  })
  .meta({ id: 'RunRecord' })

export const taskRunRecord = z
  .strictObject({
    id,
    rootId: id,
    runId: id,
    parentTaskId: id.nullable(),
    key: text(1_000),
    name: authored,
    runName: authored.nullable(),
    version: authored.nullable(),
    tags: wireTags,
    state: wireState,
    timeline: wireTimeline,
    attempt: count,
    checkpoint: z.boolean(),
    resumable: z.boolean(),
    upstream: upstream.readonly(),
    result: storedValue.nullable(),
    error: storedError.nullable(),
    unhandled: keys,
    createdAt: micros,
    startedAt: micros.nullable(),
    endedAt: micros.nullable(),
    seq: count,
  })
  .meta({ id: 'TaskRunRecord' })

export const waitRecord = z
  .strictObject({
    id,
    rootId: id,
    runId: id,
    parentTaskId: id.nullable(),
    key: text(1_000),
    kind: waitKind,
    name: authored.nullable(),
    deadline: micros.nullable(),
    match: authored.nullable(),
    status: waitStatus,
    targetRunId: id.nullable(),
    event: z.strictObject({ name: authored, key: authored.nullable() }).readonly().nullable(),
    outcome: storedValue.nullable(),
    checkpoint: z.boolean(),
    createdAt: micros,
    endedAt: micros.nullable(),
    seq: count,
    answer: z.strictObject({ text: storedText.nullable(), at: micros, by: authored }).readonly().nullable(),
  })
  .meta({ id: 'WaitRecord' })

const taskCheckpoint = taskRunRecord
  .pick({
    id: true,
    key: true,
    seq: true,
    name: true,
    runId: true,
    parentTaskId: true,
    state: true,
    attempt: true,
    checkpoint: true,
    result: true,
    error: true,
    unhandled: true,
    createdAt: true,
    startedAt: true,
    endedAt: true,
    timeline: true,
  })
  .meta({ id: 'TaskCheckpoint' })

const runCheckpoint = runRecord
  .pick({
    id: true,
    key: true,
    seq: true,
    flow: true,
    parentId: true,
    parentTaskId: true,
    state: true,
    attempt: true,
    checkpoint: true,
    parameters: true,
    result: true,
    error: true,
    unhandled: true,
    createdAt: true,
    startedAt: true,
    endedAt: true,
    timeline: true,
  })
  .meta({ id: 'RunCheckpoint' })

/** Unbounded on purpose: a run resumes with all that its journal has. */
export const checkpoints = z
  .strictObject({
    tasks: z.array(taskCheckpoint).readonly(),
    runs: z.array(runCheckpoint).readonly(),
    waits: z.array(waitRecord).readonly(),
  })
  .meta({ id: 'Checkpoints' })

export const cachedResult = z
  .strictObject({ key: text(1_000), result: storedValue, runId: id, taskRunId: id, createdAt: micros })
  .meta({ id: 'CachedResult' })

export const cacheEntry = cachedResult
  .extend({ workspace: authored, task: authored, expiresAt: micros.nullable() })
  .meta({ id: 'CacheEntry' })

export const artifactRecord = z
  .strictObject({
    id,
    rootId: id,
    runId: id,
    taskRunId: id.nullable(),
    key: authored,
    kind: artifactKind,
    description: authored.nullable(),
    data: z.record(text(1_000), anyJson).readonly(),
    createdAt: micros,
    updatedAt: micros,
  })
  .meta({ id: 'ArtifactRecord' })

export const logEntry = z
  .strictObject({
    rootId: id,
    runId: id,
    taskRunId: id.nullable(),
    at: micros,
    level: logLevel,
    message: text(1_000_000),
    fields: z.record(text(1_000), anyJson).readonly().nullable(),
  })
  .meta({ id: 'LogEntry' })
