import type { Micros, State, StoredError } from '@sluice/core'
import type { NewRun, Page, RunRecord, WaitRecord } from './records.ts'

/**
 * The part of the store that gets runs to workers and keeps watch over them. Due times, leases and ages are all judged by the
 * *store's* clock (`clock_timestamp()`, or SQLite's own): processes hand in durations, never times of their own.
 *
 * Whatever ends, suspends or reclaims a run does all of it in one transaction: its assignment goes, its slots are free, and who
 * waited longest for them has them.
 */
export interface DispatchStore {
  /**
   * Inserts root runs, each with its place in the queue (when it has a pool), its tags and its idempotency key, all in one
   * transaction. A run whose key is known is not inserted: the answer is the run that was, and whether the request was the same.
   * One whose id is there already is not inserted again either: a lost answer was retried. Answers are in the order of the
   * runs. Throws `POOL_NOT_FOUND`, `QUEUE_NOT_FOUND`.
   */
  createRuns(runs: readonly QueuedRun[]): Promise<readonly CreatedRun[]>

  /**
   * Hands due runs of the worker's pool to a worker, in order of `order_at`, as many as `max`, pool and queue limits, and pauses
   * allow: out of the queue, epoch + 1, state Pending, assignment written. What runs in a pool or queue is what is assigned
   * from it: a limit counts that. The same `requestId` again gives the same runs, as far as this worker still holds them (an
   * answer was lost). A run whose end was asked for in the last moment stays Cancelling: its process ends it. Throws
   * `WORKER_NOT_FOUND` for a worker that is unknown, stopped or whose lease has passed: it registers anew.
   */
  claimRuns(claim: WorkerClaim): Promise<readonly RunRecord[]>
  /**
   * When the next queued run of each pool is due, by how many µs from now (≤ 0: already, and no worker has taken it: none is
   * free, or a limit is full). Pools without one are absent, and those that are paused.
   */
  nextDue(): Promise<readonly { readonly pool: string; readonly inMicros: number }[]>

  /** A new incarnation of a worker process, with a lease. Makes its pool and queues when there are none of that name. */
  registerWorker(worker: NewWorker, leaseMs: number): Promise<void>
  /**
   * Renews the lease and compares what the worker says it holds with what it was given. `unlisted`: given to it longer ago than
   * `unlistedAfterMs` and not in its list: already reclaimed here, back in the queue, no crash counted. `drop`: in its list and
   * not (or no longer) its own. Throws `WORKER_NOT_FOUND` when stopped or unknown; an *expired* lease that nobody acted on yet is
   * simply renewed (a late owner that returns first continues).
   */
  heartbeat(beat: Heartbeat): Promise<HeartbeatAnswer>
  /**
   * The worker ends in good order: what it still holds is reclaimed without a crash. With `onlyExpired` nothing happens while its
   * lease is good: how one that is gone, and whose runs are reclaimed, leaves the list of the expired.
   */
  stopWorker(id: string, options?: { readonly onlyExpired: boolean }): Promise<readonly Reclaimed[]>
  /** Workers whose lease has passed, with what they hold. Reads only. */
  expiredWorkers(limit: number): Promise<readonly { readonly workerId: string; readonly runs: readonly RunEpoch[] }[]>
  /**
   * Takes runs from an owner that is gone or failed, each only while (epoch, worker) still hold it and, when `onlyExpired`, only
   * while that worker's lease has passed: epoch + 1, Crashed in its timeline, then by {@link Reclaim}'s rules back in the queue
   * (Scheduled/Resuming, due after `delayMs`), or its end: Cancelled when that was asked for, Failed once `maxCrashes` crashes came
   * without progress. Slots and waiters of the old epoch go, the next ones are granted (and learn it when they ask again).
   */
  reclaimRuns(reclaim: Reclaim): Promise<readonly Reclaimed[]>
  /** Scheduled runs that have been due for longer than `afterMs` become Late, once. Answers their ids. */
  markLate(query: { readonly afterMs: number; readonly limit: number }): Promise<readonly string[]>

  /**
   * A run that ended, or still waits in a queue, enters the queue of `pool`: a retry. Epoch + 1, keys dropped. Undefined when its
   * epoch moved, or a process has it. Throws `POOL_NOT_FOUND`, `QUEUE_NOT_FOUND`.
   */
  requeueRun(requeue: Requeue): Promise<RunRecord | undefined>
  /** Ends a run that no process has (still queued, suspended): Cancelled. False when it is running or over. */
  cancelQueued(id: string, state: State): Promise<boolean>
  /** A queued run that waits for a time or an answer is due now. Undefined when it is not queued. */
  makeDue(id: string): Promise<{ readonly pool: string } | undefined>
  /** Asks the owner of a root run to cancel one of its task runs. */
  requestTaskCancel(rootId: string, taskRunId: string): Promise<void>

  /**
   * Takes all of `needs` or none, in the name of (root run, epoch, key). True: they are held (also when they were already).
   * False: it stands in line, and whoever frees a slot hands it over ({@link Freed}); asking again tells. First come, first
   * served, per limit: also who needs little waits behind who needs much; who waits for one limit holds up nobody at another.
   * Limits that do not exist yet are made with the given size, and what code declared it may declare anew; a size that an
   * operator set stays, and one of 0 closes the limit. Throws `RUN_FENCED` (also for a run that ended or is suspended),
   * `LIMIT_TOO_SMALL` (needs more slots than there are), `LIMIT_NOT_FOUND` (no size given).
   */
  acquireSlots(request: SlotRequest): Promise<boolean>
  /** Gives back what (root run, epoch, key) holds, or its place in line. Answers who was granted slots by that. */
  releaseSlots(holder: SlotHolder): Promise<Freed>

  /** Answers an open wait; the first answer wins. A suspended run becomes due at once. */
  answerWait(answer: WaitAnswer): Promise<'answered' | 'already' | 'notFound'>
  /**
   * The owner's time is up for an open wait: an answer like every other, and the first one wins. Tells the answer that came before;
   * null: none did, and none will. Throws `RUN_FENCED`, `WAIT_NOT_FOUND`.
   */
  timeOutWait(wait: OwnedWait): Promise<string | null>
  /**
   * Waits for runs that have ended are answered with JSON `{ state, runId }`, and waits for events that have come since they were
   * registered with the first of them, `{ id, name, key, payload }`. Answers the root runs concerned.
   */
  settleWaits(limit: number): Promise<readonly string[]>
  getWait(id: string): Promise<WaitRecord | undefined>
  /** Newest first. */
  listWaits(query: WaitQuery): Promise<Page<WaitRecord>>

  /** Everything that could keep this run from running, in one read. */
  explainRun(id: string): Promise<RunExplanation | undefined>
}

export interface RunEpoch {
  readonly id: string
  readonly epoch: number
}

export interface QueuedRun {
  readonly run: NewRun
  /**
   * Where it waits for a worker; null: nobody claims it (a script has it). Due in so many milliseconds from now; null: at its
   * origin's `dueAt`, or at once.
   */
  readonly dispatch: { readonly pool: string; readonly queue: string; readonly dueInMs: number | null } | null
  readonly idempotency?: { readonly key: string; readonly requestHash: string }
}

export interface CreatedRun {
  readonly id: string
  /** False: it was there already, under the same key. */
  readonly created: boolean
  /** The key is known with another request. */
  readonly conflict: boolean
}

export interface NewWorker {
  readonly id: string
  readonly name: string
  readonly pool: string
  /** Empty: all queues of the pool. */
  readonly queues: readonly string[]
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly mode: 'process' | 'inline'
  readonly capacity: number
}

export interface WorkerRecord extends NewWorker {
  readonly startedAt: Micros
  readonly stoppedAt: Micros | null
  readonly seenAt: Micros
  readonly expiresAt: Micros
  readonly status: 'online' | 'draining' | 'offline'
  readonly runs: number
}

export interface WorkerClaim {
  readonly workerId: string
  readonly requestId: string
  readonly max: number
}

export interface Heartbeat {
  readonly workerId: string
  readonly leaseMs: number
  readonly unlistedAfterMs: number
  readonly draining: boolean
  readonly runs: readonly RunEpoch[]
}

export interface HeartbeatAnswer {
  readonly drop: readonly RunEpoch[]
  /** Of those it holds: somebody asked for their end. */
  readonly cancelling: readonly string[]
  readonly unlisted: readonly Reclaimed[]
}

export interface Reclaim {
  readonly runs: readonly RunEpoch[]
  readonly workerId: string
  readonly onlyExpired: boolean
  readonly message: string
  /** False: it did not crash (it was drained, or never reached its worker): nothing is counted, nothing in its story but the message. */
  readonly crashed: boolean
  /**
   * Nothing of it could be started: no crash in its story. It counts like one, so that this ends, and once there were `maxCrashes`
   * it is the error that the run fails with.
   */
  readonly refused?: StoredError
  readonly maxCrashes: number
  readonly delayMs: number
}

export interface Reclaimed extends RunEpoch {
  readonly outcome: 'requeued' | 'failed' | 'cancelled'
  readonly pool: string | null
  /** Who has slots now that the runs of one call held: told with the first of them. Absent: nobody. */
  readonly granted?: readonly SlotHolder[]
}

export interface Requeue {
  readonly id: string
  readonly expectedEpoch: number
  readonly state: State
  readonly newAttempt: boolean
  readonly drop: readonly string[]
  readonly pool: string
  readonly queue: string
  readonly dueInMs: number
  /** Pins another version of its deployment. */
  readonly deploymentVersionId?: string
}

export interface LimitNeed {
  readonly name: string
  /** How many there are in all, as the code that asks declares it. Null: as it is. */
  readonly size: number | null
  readonly slots: number
}

export interface SlotHolder {
  readonly rootId: string
  readonly epoch: number
  readonly key: string
}

export interface SlotRequest extends SlotHolder {
  readonly needs: readonly LimitNeed[]
}

/** Who stands in line no longer: their owners should be told. */
export interface Freed {
  readonly granted: readonly SlotHolder[]
}

export interface WaitAnswer {
  readonly waitId: string
  /** What the wait resolves to, as text of the engine's values codec. */
  readonly answer: string
  readonly by: string
}

/** A wait, and who says that it is his. */
export interface OwnedWait {
  readonly rootId: string
  readonly epoch: number
  readonly waitId: string
}

export interface WaitQuery {
  readonly limit: number
  readonly after?: string
  readonly rootId?: string
  readonly status?: WaitRecord['status']
}

export interface RunExplanation {
  readonly run: RunRecord
  readonly queued: {
    readonly pool: string
    readonly queue: string
    /** Null: when one of its waits is answered, never by itself. */
    readonly dueInMicros: number | null
    /** Queued runs of the pool that come before it (counted to 1 000). */
    readonly ahead: number
  } | null
  readonly poolPaused: boolean
  readonly queuePaused: boolean
  readonly deploymentPaused: boolean
  /** Workers that could take it. */
  readonly workersOnline: number
  /** Pool and queue limits that are full, and named limits it stands in line for. */
  readonly limits: readonly {
    readonly name: string
    readonly slots: number
    readonly held: number
    readonly holders: readonly string[]
  }[]
  readonly worker: {
    readonly id: string
    readonly name: string
    readonly host: string
    readonly leaseInMicros: number
  } | null
  readonly waits: readonly {
    readonly id: string
    readonly kind: string
    readonly name: string | null
    readonly deadline: Micros | null
    /** Of an event wait that takes only events with this key. */
    readonly eventKey: string | null
  }[]
}
