import { droppedOnRetry, type FailedCall, isTerminal, nearest, SluiceError } from '@sluice/core'
import type { Checkpoints, RunCheckpoint, TaskCheckpoint } from '@sluice/store'
import type { ContinueOptions } from '../host.ts'
import { asFailedCall, fromWait } from '../journal/checkpoints.ts'

interface JournaledCall extends Pick<TaskCheckpoint, 'key' | 'name' | 'seq' | 'state' | 'checkpoint' | 'unhandled'> {}

/** Keys whose outcomes a continued run does not replay. Throws `RUN_NOT_RETRYABLE` when `from` names no call of the run. */
export function planRetry(
  loaded: Checkpoints,
  unhandled: readonly string[],
  options: Pick<ContinueOptions, 'mode' | 'from'>,
): readonly string[] {
  const calls: readonly JournaledCall[] = [...loaded.tasks, ...loaded.runs.map(asCall)]
  const failed =
    options.mode === 'resume'
      ? []
      : failedKeys([...calls.map(asFailed), ...failedWaits(loaded)], unhandled, options.mode)
  return options.from === undefined ? failed : [...new Set([...failed, ...keysFrom(loaded, calls, options.from)])]
}

function failedKeys(
  calls: readonly FailedCall[],
  unhandled: readonly string[],
  mode: 'retry' | 'retry-all-failed',
): readonly string[] {
  return droppedOnRetry(calls, unhandled, mode === 'retry' ? 'unhandled' : 'all')
}

function asFailed(call: JournaledCall): FailedCall {
  const failed = call.checkpoint && isTerminal(call.state.type) && call.state.type !== 'completed'
  return { key: call.key, failed, unhandled: call.unhandled }
}

/** Waits that timed out, or whose answer was no good: a retry waits again. */
function failedWaits(loaded: Checkpoints): readonly FailedCall[] {
  return loaded.waits.map((row) => asFailedCall(fromWait(row)))
}

/** The first call of that name and everything journaled after it, the calls around it included: they ended later. */
function keysFrom(loaded: Checkpoints, calls: readonly JournaledCall[], name: string): readonly string[] {
  const first = Math.min(...calls.filter((call) => call.name === name).map((call) => call.seq))
  if (first === Number.POSITIVE_INFINITY) throw unknownTask(name, [...new Set(calls.map((call) => call.name))])
  return [...calls, ...loaded.waits].filter((one) => one.seq >= first).map((one) => one.key)
}

function unknownTask(name: string, known: readonly string[]): SluiceError {
  const near = nearest(name, known)
  const hint = near === undefined ? `it has called: ${known.join(', ') || 'nothing yet'}` : `did you mean '${near}'?`
  return new SluiceError('RUN_NOT_RETRYABLE', { problem: `it has not called '${name}' (${hint})` })
}

function asCall(run: RunCheckpoint): JournaledCall {
  return { ...run, key: run.key ?? '', name: run.flow, seq: run.seq ?? 0 }
}
