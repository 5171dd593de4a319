import type { Micros, State, StoredError, WaitKind } from '@sluice/core'

/** A value as the store keeps it: text inline up to 64 KiB, beyond that the content hash under which result storage has it. */
export type StoredValue = { readonly text: string } | { readonly ref: string; readonly bytes: number }

/** One step of a state timeline: state name, time, message. Compact on purpose: it is a column of every row. */
export type TimelineEntry = readonly [name: string, at: Micros, message?: string]

/** The process that runs a root run: enough to tell, on the same machine, whether it still lives. */
export interface Owner {
  readonly host: string
  /** Changes when the machine restarts. */
  readonly bootId: string
  readonly pid: number
  /** When the process started, in the kernel's own unit: tells a reused pid apart. */
  readonly pidStart: string
}

/** What belongs to every flow run, root or child. */
interface RunFields {
  readonly id: string
  readonly rootId: string
  /** The flow run that called this one; null for a root run. */
  readonly parentId: string | null
  /** The task run that called this one, when a task did. */
  readonly parentTaskId: string | null
  /** Child: its checkpoint key. Root: null. */
  readonly key: string | null
  readonly flow: string
  readonly flowVersion: string | null
  readonly name: string | null
  readonly description: string | null
  /** `file.ts:export` from the project's root, to find the code again; null when the flow is not in a file. */
  readonly entrypoint: string | null
  readonly parameters: StoredValue
  readonly tags: readonly string[]
  readonly state: State
  readonly timeline: readonly TimelineEntry[]
  readonly attempt: number
  readonly result: StoredValue | null
  readonly error: StoredError | null
  /** Keys of failed calls in this scope that its code did not handle: what a retry runs again. */
  readonly unhandled: readonly string[]
  readonly upstream: Upstream
  readonly createdAt: Micros
  /** The first start. `run.now` for ever. */
  readonly startedAt: Micros | null
  readonly endedAt: Micros | null
}

export interface NewRun extends RunFields {
  readonly workspace: string
  readonly createdBy: string
  readonly owner: Owner | null
  /** The run this one repeats, for `runs rerun`. */
  readonly rerunOf: string | null
  /** Where it came from and where it runs; absent for what a script started. */
  readonly origin?: RunOrigin
}

/** What a run that was not started by a script knows about itself. */
export interface RunOrigin {
  readonly deploymentId: string | null
  readonly deploymentVersionId: string | null
  readonly scheduleId: string | null
  /** The data interval it stands for. */
  readonly interval: { readonly start: Micros; readonly end: Micros } | null
  readonly pool: string | null
  readonly queue: string | null
  readonly priority: number
  /** When it was to start. */
  readonly dueAt: Micros | null
  /** JSON. */
  readonly jobVariables: string | null
  /** The root run that started it with `flow.start`. */
  readonly startedBy: string | null
}

/** What a run knows that nobody but its starter knows of. */
export const noOrigin: RunOrigin = {
  deploymentId: null,
  deploymentVersionId: null,
  scheduleId: null,
  interval: null,
  pool: null,
  queue: null,
  priority: 0,
  dueAt: null,
  jobVariables: null,
  startedBy: null,
}

export interface RunRecord extends NewRun {
  readonly epoch: number
  /** The last number given in this run's journal (root runs). */
  readonly journalSeq: number
  /** Child run: the number under which its outcome was journaled. */
  readonly seq: number | null
  readonly crashCount: number
  readonly nondeterministic: boolean
  /** False when its outcome must not be replayed. */
  readonly checkpoint: boolean
}

/** The calls a call depends on. `data`: their results went in. `after`: they were observed before it was made. */
export interface Upstream {
  readonly data: readonly string[]
  readonly after: readonly string[]
  /** Edges beyond the cap. */
  readonly more?: number
}

export interface TaskRunRecord {
  readonly id: string
  readonly rootId: string
  /** The flow run whose body (or whose task) called it. */
  readonly runId: string
  /** The task run that called it, when a task did. */
  readonly parentTaskId: string | null
  readonly key: string
  readonly name: string
  /** The name of this run of the task (`runName`), when given. */
  readonly runName: string | null
  readonly version: string | null
  readonly tags: readonly string[]
  readonly state: State
  readonly timeline: readonly TimelineEntry[]
  readonly attempt: number
  /** True when its outcome is replayed on resume. */
  readonly checkpoint: boolean
  /** False when its inputs could not be hashed and it had no `key`: it runs again on every resume. */
  readonly resumable: boolean
  readonly upstream: Upstream
  readonly result: StoredValue | null
  readonly error: StoredError | null
  readonly unhandled: readonly string[]
  readonly createdAt: Micros
  readonly startedAt: Micros | null
  readonly endedAt: Micros | null
  /** Journal position of the last write of this row. */
  readonly seq: number
}

export interface WaitRecord {
  readonly id: string
  readonly rootId: string
  readonly runId: string
  readonly parentTaskId: string | null
  readonly key: string
  readonly kind: WaitKind
  readonly name: string | null
  /** Absolute, fixed when first registered. */
  readonly deadline: Micros | null
  /** JSON: what it matches (event waits, input schemas). */
  readonly match: string | null
  readonly status: 'open' | 'done' | 'timedOut' | 'cancelled'
  /** Waits of kind `run`: the run whose end it waits for. */
  readonly targetRunId: string | null
  /** Waits of kind `event`: what answers it. */
  readonly event: { readonly name: string; readonly key: string | null } | null
  readonly outcome: StoredValue | null
  readonly checkpoint: boolean
  readonly createdAt: Micros
  readonly endedAt: Micros | null
  readonly seq: number
  /** What came first; the owner journals it as the outcome. Text null: the owner's time was up. Never written by the journal. */
  readonly answer: { readonly text: string | null; readonly at: Micros; readonly by: string } | null
}

/** The narrow rows a resume loads. Finished or not: an unfinished row gives its id and its attempt count back. */
export interface Checkpoints {
  readonly tasks: readonly TaskCheckpoint[]
  readonly runs: readonly RunCheckpoint[]
  readonly waits: readonly WaitRecord[]
}

export type TaskCheckpoint = Pick<
  TaskRunRecord,
  | 'id'
  | 'key'
  | 'seq'
  | 'name'
  | 'runId'
  | 'parentTaskId'
  | 'state'
  | 'attempt'
  | 'checkpoint'
  | 'result'
  | 'error'
  | 'unhandled'
  | 'createdAt'
  | 'startedAt'
  | 'endedAt'
  | 'timeline'
>

export type RunCheckpoint = Pick<
  RunRecord,
  | 'id'
  | 'key'
  | 'seq'
  | 'flow'
  | 'parentId'
  | 'parentTaskId'
  | 'state'
  | 'attempt'
  | 'checkpoint'
  | 'parameters'
  | 'result'
  | 'error'
  | 'unhandled'
  | 'createdAt'
  | 'startedAt'
  | 'endedAt'
  | 'timeline'
>

/** What a running owner must know from outside. */
export interface RunControl {
  readonly epoch: number
  readonly state: State
  /** Open waits of the run that somebody answered. */
  readonly answers: readonly { readonly waitId: string; readonly answer: string }[]
  /** Task runs that are to be cancelled. */
  readonly cancelTasks: readonly string[]
}

export interface CachedResult {
  readonly key: string
  readonly result: StoredValue
  readonly runId: string
  readonly taskRunId: string
  readonly createdAt: Micros
}

export interface CacheEntry extends CachedResult {
  readonly workspace: string
  readonly task: string
  readonly expiresAt: Micros | null
}

/** Numeric levels as pino's: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
export interface LogEntry {
  readonly rootId: string
  readonly runId: string
  readonly taskRunId: string | null
  readonly at: Micros
  readonly level: number
  readonly message: string
  /** JSON-compatible fields, already masked. */
  readonly fields: Readonly<Record<string, unknown>> | null
}

export interface LogRecord extends LogEntry {
  readonly position: string
}

export type ArtifactKind = 'markdown' | 'table' | 'link' | 'progress'

export interface Artifact {
  readonly id: string
  readonly rootId: string
  readonly runId: string
  readonly taskRunId: string | null
  readonly key: string
  readonly kind: ArtifactKind
  readonly description: string | null
  /** JSON-compatible: `{ markdown }`, `{ columns, rows }`, `{ url, text }`, `{ done, total, label }`. */
  readonly data: Readonly<Record<string, unknown>>
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}
