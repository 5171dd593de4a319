import type { Micros } from '@sluice/core'
import type { Reporter, RunEvent, RunNode, TaskNode } from '../types.ts'
import type { ReportStream } from './report-stream.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * One JSON object per line. Every line has `t` (ISO 8601, UTC), `kind`, `rootId`, `runId`; beyond that:
 *
 * - `flow`: `parentId`, `flow`, `name`, `state`, `type`, `attempt`, `message`, `waitingFor`, `ms` (at the end), `error`,
 *   and on root runs `resumed`, `location`.
 * - `task`: `taskRunId`, `parentTaskId`, `task`, `state`, `type`, `attempt`, `replayed`, `message`, `waitingFor`, `ms`, `error`.
 * - `log`: `taskRunId`, `source`, `level` (10 trace … 60 fatal), `message`, `fields`.
 * - `progress`: `taskRunId`, `source`, `done`, `total`, `label`.
 *
 * An error is `{ name, code, message, cause }`. Fields without a value are left out. New fields may come; these stay.
 */
export function jsonReporter(stream: ReportStream): Reporter {
  return { event: (event) => void stream.write(`${jsonLine(event)}\n`) }
}

/** The line of one event, without the line's end. */
export function jsonLine(event: RunEvent): string {
  return JSON.stringify({ t: iso(event.at), kind: event.kind, ...fieldsOf(event) }, jsonSafe)
}

function fieldsOf(event: RunEvent): Fields {
  if (event.kind === 'flow') return flowFields(event.run)
  if (event.kind === 'task') return taskFields(event.task)
  const from = {
    rootId: event.rootId,
    runId: event.runId,
    taskRunId: event.taskRunId ?? undefined,
    source: event.source,
  }
  if (event.kind === 'log')
    return { ...from, level: event.level, message: event.message, fields: event.fields ?? undefined }
  return { ...from, done: event.progress.done, total: event.progress.total, label: event.progress.label }
}

function flowFields(run: RunNode): Fields {
  const root = run.parentId === null
  return {
    rootId: run.rootId,
    runId: run.id,
    parentId: run.parentId ?? undefined,
    flow: run.flow,
    name: run.name,
    ...stateFields(run),
    ...(root ? { resumed: run.resumed, location: run.location } : {}),
  }
}

function taskFields(task: TaskNode): Fields {
  return {
    rootId: task.rootId,
    runId: task.runId,
    taskRunId: task.id,
    parentTaskId: task.parentTaskId ?? undefined,
    task: task.name,
    replayed: task.replayed,
    ...stateFields(task),
  }
}

function stateFields(node: RunNode | TaskNode): Fields {
  const { state, startedAt, endedAt } = node
  return {
    state: state.name,
    type: state.type,
    attempt: node.attempt,
    message: state.message,
    waitingFor: state.waitingFor,
    ms: endedAt === null || startedAt === null ? undefined : (endedAt - startedAt) / 1000,
    error: node.error === undefined ? undefined : errorFields(node.error, 0),
  }
}

function errorFields(error: unknown, depth: number): Fields {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const cause = error.cause === undefined || depth >= 8 ? undefined : errorFields(error.cause, depth + 1)
  return { name: error.name, code, message: error.message, cause }
}

function iso(at: Micros): string {
  return new Date(at / 1000).toISOString()
}

function jsonSafe(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
