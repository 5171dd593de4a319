import type { RunDetailJson, RunJson } from '@sluice/api'
import type { Json } from '@sluice/core'
import type { RunRecord } from '../records.ts'
import type { TaskRunCounts } from '../store.ts'
import { durationMs, errorJson, iso, stateJson, timelineJson } from './fields.ts'

/** A run as the API and `--json` tell it: times in ISO 8601, durations in milliseconds. */
export function runEntity(run: RunRecord): RunJson {
  const { origin } = run
  return {
    id: run.id,
    rootId: run.rootId,
    parentId: run.parentId,
    parentTaskId: run.parentTaskId,
    key: run.key,
    rerunOf: run.rerunOf,
    startedBy: origin?.startedBy ?? null,
    createdBy: run.createdBy,
    flow: run.flow,
    flowVersion: run.flowVersion,
    name: run.name,
    description: run.description,
    entrypoint: run.entrypoint,
    deploymentId: origin?.deploymentId ?? null,
    deploymentVersionId: origin?.deploymentVersionId ?? null,
    scheduleId: origin?.scheduleId ?? null,
    pool: origin?.pool ?? null,
    queue: origin?.queue ?? null,
    priority: origin?.priority ?? null,
    tags: [...run.tags],
    state: stateJson(run.state),
    timeline: timelineJson(run.timeline),
    attempt: run.attempt,
    error: errorJson(run.error),
    checkpoint: run.checkpoint,
    upstream: { ...run.upstream },
    crashCount: run.crashCount,
    nondeterministic: run.nondeterministic,
    dueAt: iso(origin?.dueAt ?? null),
    intervalStart: iso(origin?.interval?.start ?? null),
    intervalEnd: iso(origin?.interval?.end ?? null),
    createdAt: iso(run.createdAt),
    startedAt: iso(run.startedAt),
    endedAt: iso(run.endedAt),
    durationMs: durationMs(run),
  }
}

/** One run with what lists leave out. The values are JSON already: secrets masked, what JSON does not know told in text. */
export function runDetailEntity(
  run: RunRecord,
  more: { readonly parameters: Json; readonly result: Json; readonly counts: TaskRunCounts },
): RunDetailJson {
  return { ...runEntity(run), parameters: more.parameters, result: more.result, counts: { ...more.counts } }
}
