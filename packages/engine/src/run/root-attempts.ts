import { type Micros, rootScope, stateOf, toStoredError } from '@sluice/core'
import type { Attemptable } from '../call/attempts.ts'
import { fireHook } from '../call/hooks.ts'
import { triesBefore } from '../call/resumed-attempts.ts'
import { attemptSince } from '../call/worked-time.ts'
import type { CancelScope } from '../scope/cancel-scope.ts'
import { Frame } from '../scope/frame.ts'
import type { RootRun } from './root-run.ts'

/** The attempts of a root run's own body. */
export function rootAttempts(root: RootRun, parameters: unknown): Attemptable {
  const { definition, platform, settings, timeLimits, state } = root
  return {
    definition,
    platform,
    cancel: root.cancelScope,
    triesBefore: triesBefore(root.record.timeline),
    graceMs: settings.graceMs,
    timeLimit: (ms, passed) => timeLimits.begin(attemptSince(state.timeline, platform.now()), ms, passed),
    gate: () => root.gate,
    frameOf: (attempt, cancel) => rootFrame(root, attempt, cancel, parameters),
    body: () => definition.fn(parameters),
    started: (attempt) => {
      started(root, attempt)
      fireHook(root, 'onRunning', {})
    },
    retrying: (failure) => retrying(root, failure),
    finishedAttempt: () => undefined,
  }
}

function rootFrame(root: RootRun, attempt: number, cancel: CancelScope, parameters: unknown): Frame {
  root.checkpoints.enter(root.id)
  return new Frame({
    root,
    parent: undefined,
    definition: root.definition,
    scope: rootScope(root.id),
    runId: root.id,
    taskRunId: undefined,
    attempt,
    cancel,
    parameters,
    pins: undefined,
    note: undefined,
    retriable: root.definition.policy.retries > 0,
  })
}

/** The first attempt is recorded with the run, one that follows a wait here. */
function started(root: RootRun, attempt: number): void {
  root.retryWaits.end(rootScope(root.id))
  if (attempt === root.attempt) return
  root.attempt = attempt
  root.state.enter(stateOf('Retrying', root.platform.now()), { attempt })
}

interface FailedAttempt {
  readonly attempt: number
  readonly error: unknown
  readonly at: Micros
  readonly unhandled: readonly string[]
}

async function retrying(root: RootRun, { attempt, error, at, unhandled }: FailedAttempt): Promise<void> {
  const { id, state, checkpoints, journal, retryWaits, platform, telling } = root
  const { message } = toStoredError(error)
  state.become(stateOf('AwaitingRetry', platform.now(), { message, waitingFor: { kind: 'time', until: at } }))
  telling.root(error)
  const dropped = checkpoints.drop(unhandled)
  await journal.write(
    () => state.entry({ attempt }),
    () => ({ kind: 'drop', keys: dropped }),
    ...retryWaits.begin({ scope: rootScope(id), runId: id }, attempt + 1, at),
  )
}
