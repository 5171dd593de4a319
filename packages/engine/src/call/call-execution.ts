import { toStoredError } from '@sluice/core'
import { type Attemptable, cancelledOutcome, failedOutcome, type Outcome, runAttempts } from './attempts.ts'
import { cachedAs } from './cache.ts'
import type { Call } from './call.ts'
import { attemptSince } from './worked-time.ts'
import { appendRow, finishCall, rowEntry } from './call-outcome.ts'
import type { CancelScope } from '../scope/cancel-scope.ts'
import type { Checkpoint } from '../journal/checkpoints.ts'
import { Frame } from '../scope/frame.ts'
import { fireHook } from './hooks.ts'
import { checkingInputs } from './input-check.ts'
import { parseParameters } from '../authoring/parameters.ts'
import { readCached, readJournaled } from '../run/patience.ts'
import { firstAttempt } from './resumed-attempts.ts'
import { step } from './rows.ts'
import { type Slots, slotsFor } from './slots.ts'

/** Runs a call that no checkpoint answers. `known` is an unfinished row of an earlier process. */
export async function executeCall(call: Call, args: readonly unknown[], known: Checkpoint | undefined): Promise<void> {
  const { root, cancelScope } = call
  if (!known) root.checkpoints.ranAnew(call.definition.name)
  let slots: Slots
  try {
    slots = slotsFor(call)
  } catch (error) {
    // The same limit with two sizes.
    call.failUnstarted(error)
    return
  }
  try {
    const had = slots.tryAcquire()
    // Only when there is something to wait for: a body starts before its call returns.
    if (!had || slots.shared.length > 0) await takeSlots(call, slots, had)
    while (root.gate) await cancelScope.race(root.gate)
    const refusal = cancelScope.reason ?? root.ended
    if (refusal) throw refusal
  } catch (reason) {
    slots.release()
    const cancelled = reason === cancelScope.reason || reason === root.ended
    await finishCall(call, cancelled ? cancelledOutcome(reason, 1) : failedOutcome(reason))
    return
  }
  try {
    await finishCall(call, call.isFlow ? await runFlow(call, args, known) : await runTask(call, args, known))
  } finally {
    slots.release()
  }
}

/** Those of this process first, then those that other processes share. A child flow that waits for one does not only wait. */
async function takeSlots(call: Call, slots: Slots, had: boolean): Promise<void> {
  const { root, cancelScope } = call
  const waiting = (): void => {
    if (call.future.state.name === 'AwaitingConcurrencySlot') return
    call.become('AwaitingConcurrencySlot', { waitingFor: { kind: 'limit', limit: slots.name } })
    call.announce()
  }
  using _busy = call.isFlow ? root.idleness.busy() : undefined
  if (!had) {
    waiting()
    await slots.acquire(cancelScope)
  }
  if (slots.shared.length > 0) await root.slots.acquire({ key: call.key, needs: slots.shared }, cancelScope, waiting)
}

async function runTask(call: Call, args: readonly unknown[], known: Checkpoint | undefined): Promise<Outcome> {
  const { root, definition, frame } = call
  try {
    const asked = definition.cache && cachedAs(definition, definition.cache, args, frame)
    const cached = asked instanceof Promise ? await asked : asked
    const cacheAs = cached?.key
    call.pins = cached?.pins
    if (cacheAs !== undefined && !definition.cache?.refresh) {
      const hit = await readCached(root, cacheAs)
      if (hit) return { ok: true, value: hit.value, attempt: 1, frame: undefined, cached: hit.stored }
    }
    const outcome = await attempts(
      call,
      known,
      () => checkingInputs(call, args, () => definition.fn(...args)),
      undefined,
    )
    return cacheAs !== undefined && outcome.ok ? { ...outcome, cacheAs } : outcome
  } catch (error) {
    // The user's own `cache.key` or `cache.by` threw.
    return failedOutcome(error)
  }
}

async function runFlow(call: Call, args: readonly unknown[], known: Checkpoint | undefined): Promise<Outcome> {
  const { root, definition } = call
  let parsed: unknown
  try {
    // Parsed once: a resume takes the value that the first epoch journaled. One that never got so far is validated now.
    const journaled = known?.startedAt ? known.parameters : undefined
    parsed = journaled
      ? await readJournaled(root, journaled, definition.name)
      : await parseParameters(definition, args[0])
    call.parameters = journaled ?? (await root.values.encode(parsed, `the parameters of ${definition.name}`))
  } catch (error) {
    return failedOutcome(error)
  }
  return attempts(call, known, () => definition.fn(parsed), parsed)
}

/** Continues the count of an interrupted retry, and waits only for the rest of its delay. */
function attempts(
  call: Call,
  known: Checkpoint | undefined,
  body: () => unknown,
  parameters: unknown,
): Promise<Outcome> {
  const { definition, root } = call
  const now = root.platform.now()
  const first = firstAttempt(known, now)
  if (known) {
    call.timeline.push(...known.timeline)
    call.startedAt = known.startedAt
  }
  const attemptable: Attemptable = {
    definition,
    platform: root.platform,
    cancel: call.cancelScope,
    triesBefore: 0,
    graceMs: root.settings.graceMs,
    timeLimit: (ms, passed) => timeLimit(call, ms, passed),
    gate: () => root.gate,
    frameOf: (attempt, cancel) => frameOf(call, attempt, cancel, parameters),
    body,
    started: (attempt) => started(call, attempt),
    retrying: (failure) => retrying(call, failure),
    finishedAttempt: (frame, outcome) => settleKept(call, frame, outcome),
  }
  if (call.isFlow && first.notBefore > 0) root.retryWaits.begin(placeOf(call), first.attempt, first.notBefore)
  return runAttempts(attemptable, first.attempt, (first.notBefore - now) / 1000)
}

/** Of a task: of its body, which runs again in another process. Of a flow: as its run's, wherever that goes on. */
function timeLimit({ root, isFlow, timeline }: Call, ms: number, passed: () => void): () => void {
  if (!isFlow) return root.platform.after(ms, passed)
  return root.timeLimits.begin(attemptSince(timeline, root.platform.now()), ms, passed)
}

function frameOf(call: Call, attempt: number, cancel: CancelScope, parameters: unknown): Frame {
  const { definition, root, isFlow } = call
  const { facts } = call.frame
  root.checkpoints.enter(call.id)
  return new Frame({
    root,
    parent: call.frame,
    definition,
    scope: call.key,
    runId: isFlow ? call.id : facts.runId,
    taskRunId: isFlow ? undefined : call.id,
    attempt,
    cancel,
    parameters: isFlow ? parameters : facts.parameters,
    pins: call.pins,
    note: isFlow ? undefined : () => root.watching.note(call),
    retriable: facts.retriable || definition.policy.retries > 0,
  })
}

function started(call: Call, attempt: number): void {
  const { root, timeline } = call
  call.attempt = attempt
  if (call.isFlow) root.retryWaits.end(call.key)
  call.startedAt ??= root.platform.now()
  call.become(attempt > 1 ? 'Retrying' : 'Running')
  timeline.push(step(call.future.state))
  root.watching.running.add(call)
  if (call.isFlow) noteStarted(call)
  call.announce()
  fireHook(call, 'onRunning', {})
}

/** Writes the row of an unfinished call, so that others see it: child runs at once, tasks when they last or are referred to. */
export function noteStarted(call: Call): void {
  call.root.watching.show(call)
  appendRow(call, {
    state: call.future.state,
    attempt: call.attempt,
    checkpoint: false,
    result: null,
    error: null,
    unhandled: [],
    endedAt: null,
  })
}

async function retrying(
  call: Call,
  failure: { attempt: number; error: unknown; at: number; unhandled: readonly string[] },
): Promise<void> {
  const { root, timeline } = call
  root.watching.running.delete(call)
  root.watching.show(call)
  const error = toStoredError(failure.error)
  call.become('AwaitingRetry', { message: error.message, waitingFor: { kind: 'time', until: failure.at } })
  const { state } = call.future
  timeline.push(step(state))
  call.announce(failure.error)
  const dropped = root.checkpoints.drop(failure.unhandled)
  const change = {
    state,
    attempt: failure.attempt,
    checkpoint: false,
    result: null,
    error,
    unhandled: failure.unhandled,
    endedAt: null,
  }
  const row = (seq: number): ReturnType<typeof rowEntry> => rowEntry(call, change, seq)
  // Together: a crash in between would replay the failures that this retry is about.
  const drop = dropped.length > 0 ? [() => ({ kind: 'drop', keys: dropped }) as const] : []
  const wait = call.isFlow ? root.retryWaits.begin(placeOf(call), failure.attempt + 1, failure.at) : []
  await root.journal.write(row, ...drop, ...wait)
}

function placeOf(call: Call): { readonly scope: string; readonly runId: string } {
  return { scope: call.key, runId: call.id }
}

/** Keeps what a failed attempt finished for the next one; lets it go when the scope stands for itself. */
function settleKept(call: Call, frame: Frame, outcome: Outcome): void {
  if (!frame.kept) return
  if (outcome.ok) call.root.checkpoints.forget(frame.kept)
  else if (call.frame.facts.retriable) call.frame.keep(...frame.kept)
}
