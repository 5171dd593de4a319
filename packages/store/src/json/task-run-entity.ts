import type { TaskRunJson } from '@sluice/api'
import type { TaskRunRecord } from '../records.ts'
import { durationMs, errorJson, iso, stateJson, timelineJson } from './fields.ts'

/** A task run as the API and `--json` tell it. */
export function taskRunEntity(task: TaskRunRecord): TaskRunJson {
  return {
    id: task.id,
    rootId: task.rootId,
    runId: task.runId,
    parentTaskId: task.parentTaskId,
    key: task.key,
    name: task.name,
    runName: task.runName,
    version: task.version,
    state: stateJson(task.state),
    timeline: timelineJson(task.timeline),
    attempt: task.attempt,
    error: errorJson(task.error),
    tags: [...task.tags],
    checkpoint: task.checkpoint,
    resumable: task.resumable,
    upstream: { ...task.upstream },
    seq: task.seq,
    createdAt: iso(task.createdAt),
    startedAt: iso(task.startedAt),
    endedAt: iso(task.endedAt),
    durationMs: durationMs(task),
  }
}
