import type { RunJson, TaskRunJson } from '@sluice/api'
import type { StateType } from '@sluice/core'
import type { Artifact, LogRecord, Page, RunRecord, TaskRunCounts, TaskRunRecord } from '@sluice/store'

/** What is shown of a flow run. */
export type RunFacts = Pick<
  RunRecord,
  | 'id'
  | 'rootId'
  | 'parentId'
  | 'parentTaskId'
  | 'key'
  | 'flow'
  | 'name'
  | 'state'
  | 'timeline'
  | 'attempt'
  | 'error'
  | 'upstream'
  | 'checkpoint'
  | 'crashCount'
  | 'nondeterministic'
  | 'tags'
  | 'entrypoint'
  | 'rerunOf'
  | 'createdAt'
  | 'startedAt'
  | 'endedAt'
  // The process that has it, where that can be known.
  | 'owner'
>

/** A flow run as commands show it, and as `--json` prints it. */
export type ShownRun = RunFacts & { readonly entity: RunJson }

/** What is shown of a task run. */
export type TaskFacts = Pick<
  TaskRunRecord,
  | 'id'
  | 'runId'
  | 'parentTaskId'
  | 'key'
  | 'name'
  | 'runName'
  | 'state'
  | 'timeline'
  | 'attempt'
  | 'error'
  | 'upstream'
  | 'checkpoint'
  | 'createdAt'
  | 'startedAt'
  | 'endedAt'
>

/** A task run as commands show it, and as `--json` prints it. */
export type ShownTask = TaskFacts & { readonly entity: TaskRunJson }

/** What lists of runs are narrowed by. Times in ISO 8601. */
export interface RunFilter {
  readonly flow?: string | undefined
  readonly states: readonly StateType[]
  readonly deployment?: string | undefined
  readonly tag?: string | undefined
  readonly name?: string | undefined
  readonly since?: string | undefined
}

export interface LogFilter {
  readonly minLevel?: number | undefined
  readonly limit: number
  readonly after?: string | undefined
}

/** Where runs are looked at: the home at hand, or a server. Both answer the same, so that both are shown the same. */
export interface RunSource {
  readonly kind: 'home' | 'server'
  /** For messages: a file, a database, an address. */
  readonly place: string
  /** By id, by its beginning, or `last` for the newest root run. Throws `RUN_NOT_FOUND`, `AMBIGUOUS_ID`. */
  find(name: string): Promise<ShownRun>
  getRun(id: string): Promise<ShownRun | undefined>
  getTask(id: string): Promise<ShownTask | undefined>
  /** Root runs, newest first. */
  list(filter: RunFilter, limit: number, after: string | undefined): Promise<Page<ShownRun>>
  /** Undefined where asking would cost a request per run. */
  counts(run: ShownRun): Promise<TaskRunCounts | undefined>
  detail(run: ShownRun): Promise<RunDetail>
  /** Everything below a root run, up to `atMost` of each. */
  tree(
    rootId: string,
    atMost: number,
  ): Promise<{ readonly runs: readonly ShownRun[]; readonly tasks: readonly ShownTask[] }>
  logs(run: ShownRun, filter: LogFilter): Promise<Page<LogRecord>>
  /** Of a root run: of its whole tree. */
  artifacts(run: ShownRun): Promise<readonly Artifact[]>
  /** Notices what nobody else may have: processes that died. */
  refresh(): Promise<void>
}

/** What one run has beyond what lists tell; values as JSON can tell them. */
export interface RunDetail {
  readonly counts: TaskRunCounts
  readonly parameters: unknown
  readonly result: unknown
}
