import type { Duration, Micros, RetryDelay, State } from '@sluice/core'
import type { InferInput, InferOutput, StandardSchema } from './standard-schema.ts'

export type MaybePromise<T> = T | Promise<T>

/** A value, a future of it, or an array or plain object with futures in it. */
export type Liftable<T> =
  | T
  | TaskFuture<T>
  | (T extends readonly (infer E)[] ? readonly Liftable<E>[] : never)
  | (T extends PlainObject ? { readonly [K in keyof T]: Liftable<T[K]> } : never)

type PlainObject = Readonly<Record<string, unknown>>

/** The arguments of a task call: each may be a future. */
export type Lift<A extends readonly unknown[]> = { readonly [K in keyof A]: Liftable<A[K]> }

/**
 * A started task, child run or root run. A real promise, already running; it never causes an unhandled rejection by itself:
 * a failure that nobody observed fails the enclosing flow instead.
 */
export interface TaskFuture<T> extends Promise<T> {
  /** The run's id: UUIDv7. */
  readonly id: string
  readonly name: string
  readonly state: State
  /** Aborts the attempt's signal and rejects the future at once. No effect on a settled future. */
  cancel(reason?: string): void
  /** Waits for the end and never rejects. Counts as observing the outcome. */
  settled(): Promise<PromiseSettledResult<T>>
}

/** What `task.map` returns: a future of all results, and the single futures in order. */
export interface MapFuture<T> extends TaskFuture<T[]>, Iterable<TaskFuture<T>> {
  /** Items known so far: all of them unless the items are themselves still a future. */
  readonly length: number
}

/** What hooks are told. */
export interface HookEvent<R = unknown> {
  readonly state: State
  readonly name: string
  readonly runId: string
  readonly taskRunId?: string
  readonly attempt: number
  readonly result?: R
  readonly error?: unknown
}

/** Called in the run's own process; an error in a hook is logged and changes nothing. */
export type Hook<R = unknown> = (event: HookEvent<R>) => MaybePromise<void>

export interface Hooks<R = unknown> {
  readonly onRunning?: Hook<R>
  readonly onCompletion?: Hook<R>
  readonly onFailure?: Hook<R>
  readonly onCancellation?: Hook<R>
  readonly onCrashed?: Hook<R>
}

/** What a cached result depends on: the task's inputs, the flow's parameters, this run. */
export type CachePart = 'inputs' | 'parameters' | 'run'

export interface CacheOptions<A extends readonly unknown[]> {
  /**
   * Default `['inputs']`. Or a function of the inputs that lists what the result depends on: values, and datasets (`[trips, month]`), which
   * stand for their version and are read at that version in the task.
   */
  readonly by?: readonly CachePart[] | ((...args: A) => readonly unknown[])
  /** Your own key, beside what `by` names. With `key` alone, `by` is empty. */
  readonly key?: (...args: A) => string
  /** How long a result may be used. Default: for ever. */
  readonly ttl?: Duration
  /** Runs the task and replaces what is cached. */
  readonly refresh?: boolean
}

/**
 * A named limit in this process: at most `size` slots taken at once; this call takes `slots` (default 1). What is called inside it under
 * the same limit takes no further slot.
 */
export interface LimitUse {
  readonly limit: string
  readonly size: number
  readonly slots?: number
}

interface CommonOptions<R> extends Hooks<R> {
  readonly description?: string
  readonly version?: string
  readonly tags?: readonly string[]
  /** Tries after the first. Default 0. */
  readonly retries?: number
  /** A duration, a list (the last repeats) or `backoff()`. Default 0. A delay above 30 s is a durable wait. */
  readonly retryDelay?: RetryDelay
  /** 0 to 1: the share of the delay that is random. Default 0. */
  readonly retryJitter?: number
  /** False means: final at once. */
  readonly retryIf?: (error: unknown, attempt: number) => boolean
  /** For one attempt. */
  readonly timeout?: Duration
  /** `console.*` of its code also goes to the run's logs. */
  readonly logPrints?: boolean
}

export interface TaskOptions<A extends readonly unknown[] = readonly unknown[], R = unknown> extends CommonOptions<R> {
  readonly name?: string
  readonly cache?: CacheOptions<A>
  /** The identity of a call in place of its inputs: for unhashable inputs, and for equal parallel calls with effects. */
  readonly key?: string | ((...args: A) => string)
  /** False: the outcome is never kept; the task runs again on every resume. Default true. */
  readonly persist?: boolean
  readonly runName?: string | ((...args: A) => string)
  /** At most so many bodies of this task at once in a run (also the width of its `map`, default 64), or a named limit. */
  readonly concurrency?: number | LimitUse
}

export interface FlowOptions<P = unknown, R = unknown> extends CommonOptions<R> {
  readonly name?: string
  readonly runName?: string | ((parameters: P) => string)
  /** `join` (default): siblings of a failure finish. `cancel`: they are cancelled. */
  readonly onError?: 'join' | 'cancel'
  /** At most so many tasks called by this flow's body at once. Default: no limit. */
  readonly concurrency?: number | LimitUse
}

/** A function whose calls are recorded, retried, cached and resumed. */
export interface Task<A extends readonly unknown[], R> {
  /** Starts it and returns at once. */
  (...args: Lift<A>): TaskFuture<R>
  readonly name: string
  /** The bare function, for unit tests. */
  readonly fn: (...args: A) => MaybePromise<R>
  readonly options: TaskOptions<A, R>
  /** One call per item, at most `concurrency` (64) at once; further arguments go to every call. */
  map(
    items: Iterable<Liftable<A[0]>> | TaskFuture<readonly A[0][]>,
    ...rest: A extends readonly [unknown, ...infer Rest] ? Lift<Rest> : []
  ): MapFuture<R>
  /** The same task with some options replaced. */
  with(options: TaskOptions<A, R>): Task<A, R>
}

/** The arguments of a flow call: one object, or none; it may be left out when every field has a default. */
export type FlowArgs<In> = [In] extends [undefined | void]
  ? []
  : CanBeLeftOut<In> extends true
    ? [parameters?: Liftable<In>]
    : [parameters: Liftable<In>]

type CanBeLeftOut<In> = unknown extends In
  ? true
  : [In] extends [object]
    ? [Partial<In>] extends [In]
      ? true
      : false
    : false

/** The parameters of a separate run: one object, or none, without futures. */
export type StartArgs<In> = [In] extends [undefined | void]
  ? [parameters?: undefined, options?: FlowStartOptions]
  : CanBeLeftOut<In> extends true
    ? [parameters?: In, options?: FlowStartOptions]
    : [parameters: In, options?: FlowStartOptions]

export interface FlowStartOptions {
  /** `flow/name`, or a name among this flow's deployments. Default: its only one; without any, where the starter runs. */
  readonly deployment?: string
  /** The name of the run. */
  readonly name?: string
  readonly tags?: readonly string[]
  /** Higher runs earlier. Default: the deployment's. */
  readonly priority?: number
}

/**
 * A run that a flow has started and that lives by itself. Awaiting it is a durable wait for its end: its result, or what it threw. One
 * that nobody awaits goes on when its starter has ended; cancelling the starter does not cancel it.
 */
export interface StartedRun<R> extends PromiseLike<R> {
  /** The run's id: UUIDv7, the same after every resume of the starter. */
  readonly id: string
  /** The flow's name. */
  readonly name: string
  result(): Promise<R>
  /** Waits for the end and never rejects. */
  settled(): Promise<PromiseSettledResult<R>>
  /** Asks for the end of the run. No effect on one that has ended. */
  cancel(reason?: string): void
}

/** When a deployment runs by itself: a cron or an interval. */
export interface DeploymentSchedule<In = unknown> {
  /** What it is told apart by: a schedule keeps its place under its slug when it is deployed again. */
  readonly slug?: string
  /** Five fields, or a nickname such as `@daily`. */
  readonly cron?: string
  readonly every?: Duration
  /** Any one occurrence of an interval. */
  readonly anchor?: string | Date
  /** A name of the IANA database. Default: UTC. */
  readonly timezone?: string
  /** Beside those of the deployment, and before them. */
  readonly parameters?: Partial<In>
  /** Default true. */
  readonly active?: boolean
  /** An occurrence that is later than this is missed. Default 5 minutes. */
  readonly misfireGrace?: Duration
  /** What happens to missed occurrences. Default `none`. */
  readonly catchUp?: 'none' | 'latest' | 'all'
}

export interface DeployOptions<In = unknown> extends Pick<
  DeploymentSchedule,
  'cron' | 'every' | 'anchor' | 'timezone' | 'misfireGrace' | 'catchUp'
> {
  /** With the flow's name, what the deployment is called: `flow/name`. */
  readonly name: string
  /** In place of `cron` or `every`, or beside it. */
  readonly schedules?: readonly DeploymentSchedule<In>[]
  readonly parameters?: Partial<In>
  readonly pool?: string
  readonly queue?: string
  /** Higher runs earlier. Default 0. */
  readonly priority?: number
  readonly tags?: readonly string[]
  readonly description?: string
  /** A new deployment begins paused. */
  readonly paused?: boolean
  /** For the process of a run: `env`, `memoryMb`, `timeLimit`. */
  readonly jobVariables?: Readonly<Record<string, unknown>>
  /** Blocks that its runs may open, each as `Kind/name`: `['PostgresDatabase/warehouse']`. */
  readonly blocks?: readonly string[]
}

export interface ServeOptions<In = unknown> extends DeployOptions<In> {
  /** How many runs at once. Default: twice the cores. */
  readonly limit?: number
}

/** A deployment as it was made. Without id and version where it was only declared. */
export interface Deployed {
  /** `flow/name` */
  readonly name: string
  readonly id: string | undefined
  readonly version: number | undefined
}

export interface Flow<In, R, P = In> {
  /** In a script: a root run. In a flow or task: a child run whose result is a checkpoint. */
  (...args: FlowArgs<In>): TaskFuture<R>
  /** Inside a flow: starts a run of its own, exactly once, also when the starter is killed and resumed. */
  start(...args: StartArgs<In>): StartedRun<R>
  /** Makes it a deployment: runs by schedule, by API, on workers. While its file is only looked at, this declares one. */
  deploy(options: DeployOptions<In>): Promise<Deployed>
  /** Deploys it and runs what is due in this process, until Ctrl-C. */
  serve(options: ServeOptions<In>): Promise<void>
  readonly name: string
  readonly fn: (parameters: P) => MaybePromise<R>
  readonly options: FlowOptions<P, R>
  readonly parameters: StandardSchema | undefined
  with(options: FlowOptions<P, R>): Flow<In, R, P>
}

/** Any flow, whatever its types: for hosts that find flows at run time. */
export interface AnyFlow {
  readonly name: string
  readonly fn: (parameters: never) => unknown
  readonly parameters: StandardSchema | undefined
}

export type FlowWithSchema<S extends StandardSchema, R> = Flow<InferInput<S>, R, InferOutput<S>>

/** Structured logging into the run's logs. */
export interface RunLog {
  trace(message: string, fields?: Readonly<Record<string, unknown>>): void
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

export interface ArtifactWriter {
  /** Shown rendered. A key written again in the same task or flow run replaces what was there. */
  markdown(key: string, markdown: string, options?: { readonly description?: string }): void
  table(
    key: string,
    rows: readonly Readonly<Record<string, unknown>>[],
    options?: { readonly description?: string },
  ): void
  link(key: string, url: string, options?: { readonly text?: string; readonly description?: string }): void
}

export interface Progress {
  readonly done: number
  /** Left out: only a count is shown. */
  readonly total?: number
  readonly label?: string
}

/** The ambient context. Each property throws `OUTSIDE_RUN` where no flow or task is running. */
export interface Run {
  /** The id of the innermost flow run. */
  readonly id: string
  /** The id of the innermost task run, if any. */
  readonly taskRunId: string | undefined
  readonly name: string
  /** From 1: the try under the retry policy. A resume does not change it. */
  readonly attempt: number
  /** Idempotency token: the same for this call whatever attempt or resume runs it. */
  readonly key: string
  readonly parameters: unknown
  readonly signal: AbortSignal
  /** The stretch of time that the run stands for, when a schedule or a backfill made it. */
  readonly interval: { readonly start: Date; readonly end: Date } | undefined
  /** The deployment that it is a run of. */
  readonly deployment: { readonly id: string; readonly name: string; readonly version: number } | undefined
  readonly log: RunLog
  /** The run's first start; the same after every resume. */
  readonly now: Date
  /** 0 ≤ x < 1; the same sequence after every resume. */
  random(): number
  /** A fraction from 0 to 1, or counts. */
  progress(progress: number | Progress): void
  readonly artifact: ArtifactWriter
  /** Calls inside still work after a cancel: for clean-up. */
  shield<T>(fn: () => MaybePromise<T>): Promise<T>
}

/** What a reporter (live view, plain lines, JSON lines) is told. Synchronous and cheap; a throw is ignored. */
export interface Reporter {
  event(event: RunEvent): void
  /** After the last event of the process's last root run; may flush. */
  close?(): void
}

export type RunEvent =
  | { readonly kind: 'flow'; readonly at: Micros; readonly run: RunNode }
  | { readonly kind: 'task'; readonly at: Micros; readonly task: TaskNode }
  | {
      readonly kind: 'log'
      readonly at: Micros
      readonly level: number
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>> | null
      readonly rootId: string
      readonly runId: string
      readonly taskRunId: string | null
      /** Name of the task or flow that wrote it. */
      readonly source: string
    }
  | {
      readonly kind: 'progress'
      readonly at: Micros
      readonly rootId: string
      readonly runId: string
      readonly taskRunId: string | null
      readonly source: string
      readonly progress: Progress
    }

/** A flow run at a change of its state. The first event of a run has the state Running (Retrying on a retry). */
export interface RunNode {
  readonly id: string
  readonly rootId: string
  readonly parentId: string | null
  readonly flow: string
  readonly name: string
  readonly state: State
  readonly attempt: number
  readonly startedAt: Micros
  readonly endedAt: Micros | null
  readonly error?: unknown
  /** Root runs: it continues an earlier process's work. */
  readonly resumed: boolean
  /** Root runs, at the start: where the record is kept. */
  readonly location?: string
  /** Its entrypoint is known, so `sluice runs retry` can find it. */
  readonly retryable: boolean
}

/** A task run at a change of its state: Running, AwaitingRetry, AwaitingConcurrencySlot, Retrying, or its end. */
export interface TaskNode {
  readonly id: string
  readonly rootId: string
  readonly runId: string
  readonly parentTaskId: string | null
  readonly name: string
  readonly state: State
  readonly attempt: number
  readonly startedAt: Micros | null
  readonly endedAt: Micros | null
  readonly error?: unknown
  /** Its outcome came from an earlier process of this run. */
  readonly replayed: boolean
}
