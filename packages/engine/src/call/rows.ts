import type { Micros, State, StoredError } from '@sluice/core'
import type { ChildRunEntry, StoredValue, TaskEntry, TimelineEntry } from '@sluice/store'
import type { Call } from './call.ts'

/** What changes between two writes of one call's row. */
export interface RowChange {
  readonly state: State
  readonly attempt: number
  readonly checkpoint: boolean
  readonly result: StoredValue | null
  readonly error: StoredError | null
  readonly unhandled: readonly string[]
  readonly endedAt: Micros | null
}

/** The row of a task run, whole: every write replaces it. */
export function taskRow(call: Call, change: RowChange, seq: number): TaskEntry['row'] {
  const { frame, definition } = call
  return {
    id: call.id,
    rootId: frame.facts.root.id,
    runId: frame.facts.runId,
    parentTaskId: frame.facts.taskRunId ?? null,
    key: call.key,
    name: definition.name,
    runName: call.runName ?? null,
    version: definition.version ?? null,
    tags: definition.tags,
    resumable: call.resumable,
    upstream: call.upstream,
    createdAt: call.createdAt,
    startedAt: call.startedAt,
    timeline: call.timeline,
    ...change,
    seq,
  }
}

/** The row of a child run, whole. */
export function childRow(call: Call, change: RowChange, seq: number): ChildRunEntry['row'] {
  const { frame, definition } = call
  const { root } = frame.facts
  return {
    id: call.id,
    rootId: root.id,
    workspace: root.workspace,
    createdBy: root.createdBy,
    parentId: frame.facts.runId,
    parentTaskId: frame.facts.taskRunId ?? null,
    key: call.key,
    flow: definition.name,
    flowVersion: definition.version ?? null,
    name: call.runName ?? null,
    description: definition.description ?? null,
    entrypoint: root.entrypointOf(definition),
    parameters: call.parameters,
    tags: definition.tags,
    upstream: call.upstream,
    createdAt: call.createdAt,
    startedAt: call.startedAt,
    timeline: call.timeline,
    ...change,
    seq,
  }
}

export function step(state: State): TimelineEntry {
  return state.message === undefined ? [state.name, state.at] : [state.name, state.at, state.message]
}
