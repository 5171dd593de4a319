import type {
  Claim,
  ExitOutcome,
  ExitReport,
  Heartbeat,
  HeartbeatAnswer,
  NewDeploymentInput,
  NewEventInput,
  NewRunInput,
  Registered,
  Registration,
  StartedRun,
} from '@sluice/api'
import type { Json, State, StoredError, WaitingFor } from '@sluice/core'
import type {
  DeploymentRecord,
  EventRecord,
  JournalBatch,
  JournalReceipt,
  LimitNeed,
  LimitRecord,
  LogRecord,
  RunControl,
  RunRecord,
  ScheduleRecord,
  SlotHolder,
  StoredValue,
  TaskRunRecord,
  WaitRecord,
  WorkPoolRecord,
  WorkQueueRecord,
} from '@sluice/store'

/**
 * What the HTTP handlers ask for that is more than one call of the store: decisions, long polls, wake-ups. They take what the
 * contract has validated and answer with the store's records; turning those into JSON is the handlers' work.
 *
 * `by` says who asks, for the record: `token:<name>`, `home`. Everything throws {@link SluiceError}.
 */
export interface Services {
  readonly runs: RunServices
  readonly deployments: DeploymentServices
  readonly pools: PoolServices
  readonly workers: WorkerServices
  readonly engine: EngineServices
  readonly events: EventServices
  /** Throws when the store does not answer: what `/ready` tells. */
  ready(): Promise<void>
  /** What happened since the start, by name: for `/metrics`. */
  counters(): Readonly<Record<string, number>>
  /** Long polls and streams end at once from now on; loops come to rest. */
  stop(): Promise<void>
}

/** Of a long poll. It is answered early, and empty, when `signal` aborts: nobody is there to take the answer. */
export interface LongPoll {
  readonly waitMs: number
  readonly signal: AbortSignal
}

export interface RunServices {
  /**
   * Makes a run, together with what else arrives now in one transaction. `created` false: it was there under the same key.
   * Throws `DEPLOYMENT_NOT_FOUND`, `PARAMETERS_INVALID`, `IDEMPOTENCY_CONFLICT`, `POOL_NOT_FOUND`, `QUEUE_NOT_FOUND`, `OPTION_INVALID`.
   */
  create(request: NewRunInput, by: string): Promise<MadeRun>
  /** All or none. Answers in the order of the requests. */
  createMany(
    requests: readonly NewRunInput[],
    by: string,
  ): Promise<readonly { readonly id: string; readonly created: boolean }[]>
  /** The run afterwards: Cancelled when nobody had it, else Cancelling; unchanged when it was over. Throws `RUN_NOT_FOUND`. */
  cancel(id: string, request: { readonly reason?: string | undefined }, by: string): Promise<RunRecord>
  cancelMany(
    request: { readonly ids: readonly string[]; readonly reason?: string | undefined },
    by: string,
  ): Promise<readonly { readonly id: string; readonly outcome: 'cancelling' | 'cancelled' | 'ended' | 'notFound' }[]>
  /** The task run as it is when it was asked to end; unchanged when it was over. Throws `TASK_RUN_NOT_FOUND`. */
  cancelTask(taskRunId: string): Promise<TaskRunRecord>
  /** Throws `RUN_NOT_FOUND`, `RUN_NOT_RETRYABLE`, `RUN_STILL_OWNED`, `VERSION_NOT_FOUND`. */
  retry(id: string, request: RetryRequest, by: string): Promise<RunRecord>
  /** A new run from scratch with the same parameters, or with these. */
  rerun(id: string, request: Pick<NewRunInput, 'parameters' | 'idempotencyKey'>, by: string): Promise<MadeRun>
  /** A paused, suspended or scheduled run is due now. Throws `RUN_NOT_FOUND`, `RUN_NOT_RESUMABLE`. */
  resume(id: string, by: string): Promise<RunRecord>
  /** Why it is where it is: never without an answer for a run that neither runs nor ended well. Throws `RUN_NOT_FOUND`. */
  why(id: string): Promise<Why>
  /** Of a wait for input, checked against its schema. Throws `WAIT_NOT_FOUND`, `WAIT_CLOSED`, `ANSWER_INVALID`. */
  answerWait(waitId: string, value: Json, by: string): Promise<WaitRecord>
}

export interface MadeRun {
  readonly run: RunRecord
  readonly created: boolean
}

export interface RetryRequest {
  readonly from?: string | undefined
  readonly allFailed?: boolean | undefined
  readonly version?: 'pinned' | 'latest' | number | undefined
}

export interface Why {
  readonly state: State
  readonly answers: readonly WhyAnswer[]
}

/** One reason: `code` for machines, `message` what is the matter, `next` what to do about it. */
export interface WhyAnswer {
  readonly code: string
  readonly message: string
  readonly next: string
  readonly waitingFor?: WaitingFor
}

export interface DeploymentServices {
  /** Throws `SCHEDULE_INVALID`, `PARAMETERS_INVALID`, `POOL_NOT_FOUND`, `QUEUE_NOT_FOUND`. */
  put(
    declared: NewDeploymentInput,
    by: string,
  ): Promise<{ readonly deployment: DeploymentRecord; readonly created: boolean; readonly changed: boolean }>
  /** By id or `flow/name`. Throws `DEPLOYMENT_NOT_FOUND`. */
  find(idOrName: string): Promise<DeploymentRecord>
  remove(idOrName: string): Promise<void>
  setPaused(idOrName: string, paused: boolean): Promise<DeploymentRecord>
  /** Throws `DEPLOYMENT_NOT_FOUND`, `SCHEDULE_NOT_FOUND`. */
  setSchedule(idOrName: string, slug: string, active: boolean): Promise<ScheduleRecord>
}

/** What changes how much may run at once: workers that wait are told. */
export interface PoolServices {
  /** What is left out keeps its value. */
  put(
    name: string,
    change: {
      readonly kind?: 'process' | undefined
      readonly description?: string | null | undefined
      readonly concurrency?: number | null | undefined
    },
  ): Promise<{ readonly pool: WorkPoolRecord; readonly created: boolean }>
  setPaused(name: string, paused: boolean): Promise<WorkPoolRecord>
  putQueue(
    pool: string,
    name: string,
    change: { readonly concurrency?: number | null | undefined; readonly priority?: number | undefined },
  ): Promise<{ readonly queue: WorkQueueRecord; readonly created: boolean }>
  setQueuePaused(pool: string, name: string, paused: boolean): Promise<WorkQueueRecord>
  putLimit(name: string, slots: number): Promise<LimitRecord>
}

export interface WorkerServices {
  /** Throws `PROTOCOL_UNSUPPORTED`, `QUEUE_NOT_FOUND`. */
  register(id: string, registration: Registration): Promise<Registered>
  heartbeat(id: string, beat: Heartbeat): Promise<HeartbeatAnswer>
  /** Throws `WORKER_NOT_FOUND`. */
  claim(id: string, claim: Pick<Claim, 'requestId' | 'max'>, poll: LongPoll): Promise<ClaimedRuns>
  reportExit(id: string, report: ExitReport): Promise<ExitOutcome>
  stop(id: string): Promise<void>
}

/** What a claim was given. */
export interface ClaimedRuns {
  readonly runs: readonly ClaimedRun[]
  /** Milliseconds that the request had waited, at least, when they became its own. */
  readonly waitedMs: number
}

/** What a worker gets for one run; `token` opens the engine's routes for it at this epoch. */
export interface ClaimedRun {
  readonly run: RunRecord
  readonly token: string
  readonly deployment: {
    readonly id: string
    readonly name: string
    readonly version: number
    readonly contentHash: string
  } | null
  readonly entrypoint: string | null
  readonly source: { readonly kind: 'directory'; readonly path: string } | null
  readonly jobVariables: Readonly<Record<string, Json>>
  /** The home's: without it the engine could not read secrets among the parameters. A worker's token is trusted with it. */
  readonly secretKey: string
  /** Those before the last rotations: what runs of before hold is sealed under them. */
  readonly previousSecretKeys: readonly string[]
  /** Microseconds. */
  readonly serverTime: number
}

export interface EngineServices {
  appendJournal(batch: JournalBatch): Promise<JournalReceipt>
  /**
   * What the owner of a run must know, at once when it differs from `seen`, else when it does or time is up. Throws
   * `RUN_NOT_FOUND`; another epoch than its own the caller sees by itself.
   */
  readControl(rootId: string, seen: string | undefined, poll: LongPoll): Promise<Control>
  /** All or nothing; not granted, the place in the line is kept. Throws `RUN_FENCED`, `LIMIT_TOO_SMALL`. */
  acquireSlots(
    request: { readonly holder: SlotHolder; readonly needs: readonly LimitNeed[] },
    poll: LongPoll,
  ): Promise<SlotGrant>
  releaseSlots(holders: readonly SlotHolder[]): Promise<void>
  /** Exactly once: its id was journaled by the owner before. The epoch must be the run's. Throws `RUN_FENCED`, and what making a run throws. */
  startRun(
    owner: { readonly rootId: string; readonly epoch: number },
    started: StartedRun,
  ): Promise<{ readonly id: string; readonly created: boolean }>
  /** Null while it has not ended. Throws `RUN_NOT_FOUND` for a run that this one did not start. */
  startedOutcome(rootId: string, startedId: string): Promise<StartedOutcome | null>
  cancelStarted(rootId: string, startedId: string, reason: string): Promise<void>
}

export interface StartedOutcome {
  readonly state: State
  readonly result: StoredValue | null
  readonly error: StoredError | null
}

export interface Control extends RunControl {
  /** For the next question. */
  readonly seen: string
}

export interface SlotGrant {
  readonly granted: boolean
  /** The limit that is full; null when granted. */
  readonly waitingOn: string | null
  /** Root runs that hold it, up to 100. */
  readonly heldBy: readonly string[]
}

export interface EventServices {
  /** Answers the id. Throws `OPTION_INVALID` for a name of Sluice's own. */
  emit(event: NewEventInput, by: string): Promise<{ readonly id: string }>
  /** Events after `after` (a cursor; left out: from now on), without end: until `signal` aborts or the server stops. */
  stream(
    filter: {
      readonly name?: string | undefined
      readonly key?: string | undefined
      readonly run?: string | undefined
      readonly deployment?: string | undefined
    },
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<StreamedEvent>
  /**
   * What happens to a root run and in it: from its beginning, or after the cursor. Ends after `end`, which comes when the run has
   * ended. Throws `RUN_NOT_FOUND` at the first step.
   */
  streamRun(rootId: string, after: string | undefined, signal: AbortSignal): AsyncIterable<RunMessage>
}

export interface StreamedEvent {
  /** `id:` of the message: what `Last-Event-ID` resumes after. */
  readonly cursor: string
  readonly event: EventRecord
}

export type RunMessage = { readonly cursor: string } & (
  | { readonly event: 'state' | 'end'; readonly runId: string; readonly state: State }
  | { readonly event: 'task'; readonly task: TaskRunRecord }
  | { readonly event: 'log'; readonly log: LogRecord }
  | { readonly event: 'event'; readonly record: EventRecord }
)
