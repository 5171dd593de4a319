import { droppedOnRetry, isTerminal, nearest, SluiceError } from '@sluice/core'
import type { Checkpoints, RunCheckpoint, TaskCheckpoint } from '@sluice/store'
import type { ContinueOptions } from '../host.ts'

interface JournaledCall extends Pick<TaskCheckpoint, 'key' | 'name' | 'seq' | 'state' | 'checkpoint' | 'unhandled'> {}

/** Keys whose outcomes a continued run does not replay. Throws `RUN_NOT_RETRYABLE` when `from` names no call of the run. */
export function planRetry(
  loaded: Checkpoints,
  unhandled: readonly string[],
  options: Pick<ContinueOptions, 'mode' | 'from'>,
): readonly string[] {
  const calls: readonly JournaledCall[] = [...loaded.tasks, ...loaded.runs.map(asCall)]
  const failed = options.mode === 'resume' ? [] : failedKeys(calls, unhandled, options.mode)
  return options.from === undefined ? failed : [...new Set([...failed, ...keysFrom(loaded, calls, options.from)])]
}

function failedKeys(
  calls: readonly JournaledCall[],
  unhandled: readonly string[],
  mode: 'retry' | 'retry-all-failed',
): readonly string[] {
  const asked = calls.map((call) => ({
    key: call.key,
    failed: call.checkpoint && isTerminal(call.state.type) && call.state.type !== 'completed',
    unhandled: call.unhandled,
  }))
  return droppedOnRetry(asked, unhandled, mode === 'retry' ? 'unhandled' : 'all')
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
