import {
  fromStoredError,
  isSluiceError,
  SluiceError,
  type State,
  type StateName,
  stateOf,
  toStoredError,
} from '@sluice/core'
import type { CacheEntry, ChildRunEntry, StoredValue, TaskEntry } from '@sluice/store'
import type { Outcome } from './attempts.ts'
import type { Call } from './call.ts'
import type { Checkpoint } from '../journal/checkpoints.ts'
import { fireHook, type HookName } from './hooks.ts'
import { keepTrying, readPatiently } from '../run/patience.ts'
import { rememberOrigin } from './provenance.ts'
import { childRow, type RowChange, step, taskRow } from './rows.ts'

/** What the caller gets. */
type Handed = { readonly value: unknown } | { readonly error: unknown }

/** Hands out what the journal has, in the journal's order. */
export function replayCall(call: Call, known: Checkpoint): void {
  const { root, definition } = call
  call.decided = call.replayed = true
  call.cancelScope.release()
  call.attempt = known.attempt
  call.startedAt = known.startedAt
  const state = known.state ?? stateOf('Completed', known.endedAt ?? call.createdAt)
  root.delivery.push(known.seq, () => {
    if (state.type !== 'completed') {
      const error = known.error
        ? fromStoredError(known.error)
        : new SluiceError('TASK_CANCELLED', { task: definition.name })
      return deliver(call, state, { error }, null)
    }
    const { result } = known
    const value = result ? root.values.decode(result) : undefined
    if (!result || !(value instanceof Promise)) return deliver(call, state, { value }, result)
    // A result that cannot be read is not the task's failure: the run stops here and can be continued.
    return readPatiently(root, () => root.values.decode(result), value).then(
      (loaded: unknown) => deliver(call, state, { value: loaded }, result),
      (error: unknown) =>
        root.lose(
          isSluiceError(error) ? error : new SluiceError('RESULT_MISSING', { task: definition.name }, { cause: error }),
        ),
    )
  })
}

/** Journals how a call ended; its caller sees it after that. */
export async function finishCall(call: Call, outcome: Outcome): Promise<void> {
  if (call.decided) return
  call.decided = true
  call.attempt = outcome.attempt
  call.cancelScope.release()
  call.root.watching.hide(call)
  if (call.isFlow) call.root.retryWaits.end(call.key)
  if (outcome.ok) await succeed(call, outcome)
  else fail(call, outcome)
}

/** Not run, because an input failed. A checkpoint like any other: a resume comes to the same end. */
export function recordNotRun(call: Call, culprit: string, error: unknown): void {
  call.decided = true
  call.cancelScope.release()
  const state = ended(call, 'Cancelled', `not run: ${culprit} failed`)
  const change = {
    state,
    attempt: 0,
    checkpoint: true,
    result: null,
    error: toStoredError(error),
    unhandled: [],
    endedAt: state.at,
  }
  record(call, change, { error })
}

/** The journal entry of a call's row. */
export function rowEntry(call: Call, change: RowChange, seq: number, cache?: CacheEntry): TaskEntry | ChildRunEntry {
  if (call.isFlow) return { kind: 'child', row: childRow(call, change, seq) }
  const row = taskRow(call, change, seq)
  return cache ? { kind: 'task', row, cache } : { kind: 'task', row }
}

/** Journals a row that nobody waits for. */
export function appendRow(call: Call, change: RowChange): void {
  call.root.journal.append((seq) => rowEntry(call, change, seq))
}

async function succeed(call: Call, outcome: Extract<Outcome, { ok: true }>): Promise<void> {
  const { definition } = call
  let result: StoredValue | null
  try {
    result = outcome.cached ?? (definition.persist ? await storedResult(call, outcome.value) : null)
  } catch (error) {
    fail(call, { ok: false, error, name: 'Failed', attempt: outcome.attempt, unhandled: [], frame: undefined })
    return
  }
  const state = ended(call, outcome.cached ? 'Cached' : 'Completed')
  const cache =
    outcome.cacheAs === undefined || !result ? undefined : cacheEntry(call, outcome.cacheAs, result, state.at)
  const checkpoint = definition.persist && call.resumable
  record(
    call,
    { state, attempt: outcome.attempt, checkpoint, result, error: null, unhandled: [], endedAt: state.at },
    { value: outcome.value },
    cache,
  )
}

function storedResult(call: Call, value: unknown): StoredValue | Promise<StoredValue> {
  const { root, definition } = call
  const encode = (): StoredValue | Promise<StoredValue> => root.values.encode(value, definition.name)
  const encoded = encode()
  return encoded instanceof Promise ? encoded.catch(() => keepTrying(root, encode)) : encoded
}

function fail(call: Call, outcome: Extract<Outcome, { ok: false }>): void {
  const { frame, definition } = call
  const error = toStoredError(outcome.error)
  const state = ended(call, outcome.name, error.message)
  // What the end of the run or of the calling attempt cancelled is not an outcome: a retry runs it.
  const swept = outcome.name === 'Cancelled' && (frame.facts.cancel.reason !== undefined || frame.phase !== 'open')
  const checkpoint = !swept && definition.persist && call.resumable
  const change = {
    state,
    attempt: outcome.attempt,
    checkpoint,
    result: null,
    error,
    unhandled: outcome.unhandled,
    endedAt: state.at,
  }
  if (!swept) {
    record(call, change, { error: outcome.error })
    return
  }
  appendRow(call, change)
  deliver(call, state, { error: outcome.error }, null)
}

function ended(call: Call, name: StateName, message?: string): State {
  const state = stateOf(name, call.root.platform.now(), message === undefined ? undefined : { message })
  call.timeline.push(step(state))
  return state
}

function record(call: Call, change: RowChange, handed: Handed, cache?: CacheEntry): void {
  const { root, frame } = call
  root.journal.append(
    (seq) => rowEntry(call, change, seq, cache),
    (seq) => {
      if (frame.facts.retriable && change.checkpoint) {
        root.checkpoints.keep(checkpointOf(call, change, seq))
        frame.keep(call.key)
      }
      root.delivery.push(seq, () => deliver(call, change.state, handed, change.result))
    },
  )
}

function deliver(call: Call, state: State, handed: Handed, stored: StoredValue | null): void {
  const { frame, future } = call
  future.state = state
  if ('error' in handed) {
    frame.noteFailure(call.key === '' ? undefined : call.key, future, handed.error)
    future.reject(handed.error)
  } else {
    rememberOrigin(handed.value, { id: call.id, ref: stored && 'ref' in stored ? stored.ref : undefined })
    future.resolve(handed.value)
  }
  call.announce('error' in handed ? handed.error : undefined)
  if (!call.replayed) fireHook(call, hookOf(state), handed)
  frame.leave(future)
  if (!call.isFlow) call.root.idleness.end()
}

function hookOf(state: State): HookName {
  if (state.type === 'completed') return 'onCompletion'
  return state.type === 'cancelled' ? 'onCancellation' : 'onFailure'
}

function cacheEntry(call: Call, key: string, result: StoredValue, now: number): CacheEntry {
  const { definition, root, frame } = call
  const ttlMs = definition.cache?.ttlMs
  return {
    key,
    workspace: root.workspace,
    task: definition.name,
    result,
    runId: frame.facts.runId,
    taskRunId: call.id,
    createdAt: now,
    expiresAt: ttlMs === undefined ? null : now + ttlMs * 1000,
  }
}

function checkpointOf(call: Call, change: RowChange, seq: number): Checkpoint {
  const { facts } = call.frame
  return {
    kind: call.isFlow ? 'run' : 'task',
    id: call.id,
    key: call.key,
    seq,
    name: call.definition.name,
    scopeId: facts.taskRunId ?? facts.runId,
    final: true,
    createdAt: call.createdAt,
    startedAt: call.startedAt,
    timeline: call.timeline,
    parameters: call.isFlow ? call.parameters : undefined,
    wait: undefined,
    ...change,
  }
}
