import type { Micros, State, StoredError } from '@sluice/core'
import type { Artifact, RunRecord, TaskRunCounts, TaskRunRecord } from '@sluice/store'

type Json = Readonly<Record<string, unknown>>

/** A run as `--json` shows it: camelCase, times in ISO 8601 (UTC), durations in milliseconds. */
export function runJson(
  run: RunRecord,
  more: {
    readonly counts?: TaskRunCounts
    readonly parameters?: unknown
    readonly result?: unknown
    readonly replayed?: boolean
  } = {},
): Json {
  return {
    id: run.id,
    rootId: run.rootId,
    parentId: run.parentId,
    parentTaskId: run.parentTaskId,
    flow: run.flow,
    flowVersion: run.flowVersion,
    name: run.name,
    state: stateJson(run.state),
    attempt: run.attempt,
    ...(more.replayed === undefined ? {} : { replayed: more.replayed }),
    ...('parameters' in more ? { parameters: more.parameters } : {}),
    ...('result' in more ? { result: more.result ?? null } : {}),
    error: errorJson(run.error),
    ...(more.counts === undefined ? {} : { counts: more.counts }),
    tags: run.tags,
    entrypoint: run.entrypoint,
    rerunOf: run.rerunOf,
    crashCount: run.crashCount,
    nondeterministic: run.nondeterministic,
    createdAt: iso(run.createdAt),
    startedAt: iso(run.startedAt),
    endedAt: iso(run.endedAt),
    durationMs: durationMs(run),
  }
}

/** A task run as `--json` shows it; `replayed` when a later process of its run took its outcome over. */
export function taskRunJson(task: TaskRunRecord, replayed: boolean): Json {
  return {
    id: task.id,
    runId: task.runId,
    parentTaskId: task.parentTaskId,
    name: task.name,
    runName: task.runName,
    state: stateJson(task.state),
    attempt: task.attempt,
    replayed,
    error: errorJson(task.error),
    tags: task.tags,
    resumable: task.resumable,
    upstream: task.upstream,
    createdAt: iso(task.createdAt),
    startedAt: iso(task.startedAt),
    endedAt: iso(task.endedAt),
    durationMs: durationMs(task),
  }
}

export function artifactJson(artifact: Artifact): Json {
  return { ...artifact, createdAt: iso(artifact.createdAt), updatedAt: iso(artifact.updatedAt) }
}

/** Microseconds as ISO 8601 text. */
export function iso(at: Micros | null): string | null {
  return at === null ? null : new Date(at / 1000).toISOString()
}

function stateJson(state: State): Json {
  return {
    type: state.type,
    name: state.name,
    at: iso(state.at),
    message: state.message ?? null,
    waitingFor: state.waitingFor ?? null,
  }
}

function errorJson(error: StoredError | null): Json | null {
  return error === null ? null : { ...error, code: error.code ?? null }
}

function durationMs(node: { readonly startedAt: Micros | null; readonly endedAt: Micros | null }): number | null {
  return node.startedAt === null || node.endedAt === null ? null : (node.endedAt - node.startedAt) / 1000
}
