import { randomUUID } from 'node:crypto'
import { stateOf } from '@sluice/core'
import type { ChildRunEntry, JournalBatch, JournalEntry, TaskEntry, WaitEntry } from '../journal-batch.ts'
import type { Artifact, CacheEntry, LogEntry, NewRun, Owner, TaskRunRecord, WaitRecord } from '../records.ts'

/** A fixed instant: nothing in these suites depends on the clock. */
export const t0 = 1_780_000_000_000_000

let born = 0

/** Ids in the order in which they were asked for, as UUIDv7s are. */
export function newId(): string {
  born += 1
  const rest = randomUUID().slice(18)
  return `0199${born
    .toString(16)
    .padStart(8, '0')
    .replace(/(.{4})(.{4})/, '$1-$2')}-7000${rest}`
}

export const owner: Owner = { host: 'mill', bootId: 'b00t', pid: 4711, pidStart: '88231' }

/** A root run that has just begun. */
export function rootRun(fields: Partial<NewRun> = {}): NewRun {
  const id = fields.id ?? newId()
  return {
    id,
    rootId: id,
    parentId: null,
    parentTaskId: null,
    key: null,
    flow: 'ingest',
    flowVersion: null,
    name: 'brave-otter',
    description: null,
    entrypoint: 'flows/ingest.ts:ingest',
    parameters: { text: '[{}]' },
    tags: [],
    state: stateOf('Running', t0),
    timeline: [['Running', t0]],
    attempt: 1,
    result: null,
    error: null,
    unhandled: [],
    upstream: { data: [], after: [] },
    createdAt: t0,
    startedAt: t0,
    endedAt: null,
    workspace: 'default',
    createdBy: 'ada',
    owner,
    rerunOf: null,
    ...fields,
  }
}

/** A task run that completed. */
export function taskRun(rootId: string, seq: number, fields: Partial<TaskRunRecord> = {}): TaskRunRecord {
  return {
    id: newId(),
    rootId,
    runId: rootId,
    parentTaskId: null,
    key: `key-${seq}`,
    name: 'extract',
    runName: null,
    version: null,
    tags: [],
    state: stateOf('Completed', t0 + seq),
    timeline: [
      ['Running', t0],
      ['Completed', t0 + seq],
    ],
    attempt: 1,
    checkpoint: true,
    resumable: true,
    upstream: { data: [], after: [] },
    result: { text: `[${seq}]` },
    error: null,
    unhandled: [],
    createdAt: t0,
    startedAt: t0,
    endedAt: t0 + seq,
    seq,
    ...fields,
  }
}

export function task(rootId: string, seq: number, fields: Partial<TaskRunRecord> = {}, cache?: CacheEntry): TaskEntry {
  return { kind: 'task', row: taskRun(rootId, seq, fields), ...(cache === undefined ? {} : { cache }) }
}

/** A child run that completed. */
export function child(root: NewRun, seq: number, fields: Partial<ChildRunEntry['row']> = {}): ChildRunEntry {
  const { owner: _, rerunOf: __, ...run } = rootRun({ flow: 'part' })
  const ended = { state: stateOf('Completed', t0 + seq), endedAt: t0 + seq, result: { text: '[1]' } }
  const place = { rootId: root.id, parentId: root.id, key: `child-${seq}`, seq, checkpoint: true }
  return { kind: 'child', row: { ...run, ...ended, ...place, ...fields } }
}

/** A sleep that is over. */
export function wait(rootId: string, seq: number, fields: Partial<WaitRecord> = {}): WaitEntry {
  return {
    kind: 'wait',
    row: {
      id: newId(),
      rootId,
      runId: rootId,
      parentTaskId: null,
      key: `wait-${seq}`,
      kind: 'sleep',
      name: null,
      deadline: t0 + 60_000_000,
      match: null,
      status: 'done',
      outcome: { text: '[0]' },
      checkpoint: true,
      createdAt: t0,
      endedAt: t0 + 60_000_000,
      seq,
      targetRunId: null,
      event: null,
      answer: null,
      ...fields,
    },
  }
}

export function artifact(rootId: string, fields: Partial<Artifact> = {}): Artifact {
  return {
    id: newId(),
    rootId,
    runId: rootId,
    taskRunId: null,
    key: 'report',
    kind: 'markdown',
    description: null,
    data: { markdown: '# Done' },
    createdAt: t0,
    updatedAt: t0,
    ...fields,
  }
}

export function cached(key: string, fields: Partial<CacheEntry> = {}): CacheEntry {
  return {
    key,
    workspace: 'default',
    task: 'extract',
    result: { text: '[1]' },
    runId: newId(),
    taskRunId: newId(),
    createdAt: t0,
    expiresAt: null,
    ...fields,
  }
}

export function logLine(rootId: string, message: string, fields: Partial<LogEntry> = {}): LogEntry {
  return { rootId, runId: rootId, taskRunId: null, at: t0, level: 30, message, fields: null, ...fields }
}

/** A batch of the run's first epoch. */
export function batch(rootId: string, first: number, entries: readonly JournalEntry[], epoch = 1): JournalBatch {
  return { rootId, epoch, first, entries }
}
