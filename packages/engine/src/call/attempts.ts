import { afterFailure, formatDuration, isSluiceError, SluiceError, type StateName } from '@sluice/core'
import type { StoredValue } from '@sluice/store'
import { runIn } from '../scope/ambient.ts'
import { CancelScope } from '../scope/cancel-scope.ts'
import type { Definition } from '../authoring/definition.ts'
import type { Frame } from '../scope/frame.ts'
import { unhandledFailures } from './failures.ts'
import { CallFuture } from './future.ts'
import { nextTurn, type Platform } from '../platform.ts'

/** How a flow or task call ended. */
export type Outcome =
  | {
      readonly ok: true
      readonly value: unknown
      readonly attempt: number
      readonly frame: Frame | undefined
      /** It came from the cache and is stored already. */
      readonly cached?: StoredValue
      /** Cache it under this key. */
      readonly cacheAs?: string
    }
  | {
      readonly ok: false
      readonly error: unknown
      readonly name: Extract<StateName, 'Failed' | 'TimedOut' | 'Cancelled'>
      readonly attempt: number
      /** Keys of failed calls inside that its code did not handle. */
      readonly unhandled: readonly string[]
      readonly frame: Frame | undefined
    }

/** What the retry loop needs to know of a call; tasks, child runs and root runs differ only here. */
export interface Attemptable {
  readonly definition: Definition
  readonly platform: Platform
  readonly cancel: CancelScope
  /** Attempts that the policy does not count: those before somebody retried the run by hand. */
  readonly triesBefore: number
  /** How long a cancelled flow body may clean up before its attempt is closed, in ms. */
  readonly graceMs: number
  /** Calls back when the time of the attempt that has just started is up. Returns what stops that. */
  timeLimit(ms: number, passed: () => void): () => void
  /** What holds new bodies back for now. */
  gate(): Promise<void> | undefined
  frameOf(attempt: number, cancel: CancelScope): Frame
  body(): unknown
  started(attempt: number): void
  /** Journals that attempt `attempt` failed and the next begins at `at`; resolves when that is committed. */
  retrying(failure: { attempt: number; error: unknown; at: number; unhandled: readonly string[] }): Promise<void>
  finishedAttempt(frame: Frame, outcome: Outcome): void
}

/** Tries until success, a final failure or cancellation. Starts the first try before it returns. */
export async function runAttempts(call: Attemptable, firstAttempt: number, waitMs = 0): Promise<Outcome> {
  if (waitMs > 0) {
    const cancelled = await pause(call, waitMs)
    if (cancelled) return cancelledOutcome(cancelled, firstAttempt)
  }
  for (let attempt = firstAttempt; ; attempt++) {
    // Only when there is one: the first body starts at once.
    if (call.gate()) await passGate(call)
    if (call.cancel.reason) return cancelledOutcome(call.cancel.reason, attempt)
    const outcome = await runAttempt(call, attempt)
    if (outcome.frame) call.finishedAttempt(outcome.frame, outcome)
    if (outcome.ok || outcome.name === 'Cancelled') return outcome
    const tries = attempt - call.triesBefore
    const next = afterFailure(call.definition.policy, {
      attempt: tries,
      retryable: tries <= call.definition.policy.retries && isRetryable(call, outcome.error, attempt),
      now: call.platform.now(),
      random: call.platform.random(),
    })
    if (next.kind === 'fail') return outcome
    await call.retrying({ attempt, error: outcome.error, at: next.at, unhandled: outcome.unhandled })
    const cancelled = call.cancel.reason ?? (await pause(call, next.delayMs))
    if (cancelled) return cancelledOutcome(cancelled, attempt)
  }
}

/** Ends early when the call is cancelled. */
async function passGate(call: Attemptable): Promise<void> {
  for (let gate = call.gate(); gate && !call.cancel.reason; gate = call.gate())
    await call.cancel.race(gate).catch(() => undefined)
}

export function cancelledOutcome(error: unknown, attempt: number): Outcome {
  return { ok: false, error, name: 'Cancelled', attempt, unhandled: [], frame: undefined }
}

export function failedOutcome(error: unknown): Outcome {
  return { ok: false, error: asError(error), name: 'Failed', attempt: 1, unhandled: [], frame: undefined }
}

function isRetryable(call: Attemptable, error: unknown, attempt: number): boolean {
  if (isSluiceError(error) && hopeless.has(error.code)) return false
  try {
    return call.definition.retryIf?.(error, attempt) ?? true
  } catch {
    return false
  }
}

/** A result that cannot be kept will not be better next time, nor will a load that was blocked: it is the same load. */
const hopeless: ReadonlySet<string> = new Set(['RESULT_UNSERIALIZABLE', 'RESULT_TOO_LARGE', 'LOAD_BLOCKED'])

/** Undefined after the time, or the reason of a cancellation before. */
async function pause(call: Attemptable, ms: number): Promise<Error | undefined> {
  if (ms <= 0) return undefined
  return new Promise((resolve) => {
    const stopTimer = call.platform.after(ms, () => {
      stopListening()
      resolve(undefined)
    })
    const stopListening = call.cancel.onAbort((reason) => {
      stopTimer()
      resolve(reason)
    })
  })
}

function runAttempt(call: Attemptable, attempt: number): Promise<Outcome> {
  const scope = new CancelScope(call.cancel)
  const frame = call.frameOf(attempt, scope)
  call.started(attempt)
  return new Promise((resolve) => {
    let timedOut: SluiceError | undefined
    const stops: (() => void)[] = []
    const settle = (outcome: Outcome): void => {
      for (const stop of stops) stop()
      frame.close()
      resolve(outcome)
    }
    const aborted = (reason: Error): Outcome =>
      timedOut
        ? {
            ok: false,
            error: timedOut,
            name: 'TimedOut',
            attempt,
            unhandled: unhandledFailures(frame, timedOut),
            frame,
          }
        : { ok: false, error: reason, name: 'Cancelled', attempt, unhandled: [], frame }
    // Called back at once when a hook or reporter cancelled it just now.
    const stopListening = scope.onAbort((reason) => {
      // Over at once, whatever the body does; but the body of a cancelled flow may clean up first.
      if (call.definition.kind === 'task' || timedOut) settle(aborted(reason))
      else stops.push(call.platform.after(call.graceMs, () => settle(aborted(reason))))
    })
    stops.push(stopListening)
    if (frame.phase === 'closed') return
    if (call.definition.timeoutMs !== undefined) {
      const stopTimer = call.timeLimit(call.definition.timeoutMs, () => {
        timedOut = timeoutError(call)
        scope.abort(timedOut)
      })
      stops.push(stopTimer)
    }
    runBody(call, frame).then(
      (value) => settle(scope.reason ? aborted(scope.reason) : { ok: true, value, attempt, frame }),
      (error: unknown) =>
        settle(
          scope.reason
            ? aborted(scope.reason)
            : {
                ok: false,
                error: asError(error),
                name: 'Failed',
                attempt,
                unhandled: unhandledFailures(frame, error),
                frame,
              },
        ),
    )
  })
}

function timeoutError(call: Attemptable): SluiceError {
  const details = {
    [call.definition.kind]: call.definition.name,
    after: formatDuration(call.definition.timeoutMs ?? 0),
  }
  return new SluiceError(call.definition.kind === 'task' ? 'TASK_TIMEOUT' : 'FLOW_TIMEOUT', details)
}

/** The body, then every call it started; then a failure that nobody looked at. */
async function runBody(call: Attemptable, frame: Frame): Promise<unknown> {
  let value: unknown
  try {
    value = await runIn(frame, () => seenHere(call.body()))
  } catch (error) {
    endBody(frame)
    if (call.definition.onError === 'cancel') cancelPending(frame, call.definition.name)
    await join(frame)
    throw error
  }
  await join(frame)
  const forgotten = frame.failures?.find((failure) => failure.future?.observed !== true)
  if (forgotten) {
    endBody(frame)
    throw forgotten.error
  }
  return value
}

/** A future that a body hands back is observed by that body, not by the code around it. */
function seenHere(returned: unknown): unknown {
  return returned instanceof CallFuture ? returned.then((value: unknown) => value) : returned
}

function endBody(frame: Frame): void {
  if (frame.phase === 'open') frame.phase = 'ending'
}

/** Waits until nothing is pending, also what code that nobody awaits starts as a reaction to the last outcomes. */
async function join(frame: Frame): Promise<void> {
  // A flow gets a turn in any case: only then does the process report rejections that nobody handled. Those of a task without
  // calls reach the flow around it, which is still there.
  if (!frame.used && frame.facts.definition.kind === 'task') return
  do {
    await frame.whenIdle()
    await new Promise<void>((resolve) => nextTurn(resolve))
  } while (!isIdle(frame))
}

function isIdle(frame: Frame): boolean {
  for (const _ of frame.pending) return false
  return true
}

function cancelPending(frame: Frame, name: string): void {
  for (const call of Array.from(frame.pending)) if (call instanceof CallFuture) call.cancel(`${name} failed`)
}

/** A throw of something that is not an error is an error of its own, the same live and after a resume. */
function asError(error: unknown): unknown {
  return error instanceof Error ? error : new SluiceError('NON_ERROR_THROWN', { value: describe(error) })
}

function describe(value: unknown): string {
  try {
    return typeof value === 'string' ? JSON.stringify(value) : String(value)
  } catch {
    return typeof value
  }
}
