import { droppedOnRetry, isTerminal } from '@sluice/core'
import type { Checkpoints } from '@sluice/store'
import type { ContinueOptions } from './host.ts'

/** Keys whose outcomes a continued run does not replay. */
export function planRetry(loaded: Checkpoints, unhandled: readonly string[], options: Pick<ContinueOptions, 'mode' | 'from'>): readonly string[] {
  const dropped = new Set<string>()
  const calls = [...loaded.tasks, ...loaded.runs.map((run) => ({ ...run, key: run.key ?? '', name: run.flow, seq: run.seq ?? 0 }))]
  if (options.mode !== 'resume') {
    const failed = calls.map((call) => ({
      key: call.key,
      failed: call.checkpoint && isTerminal(call.state.type) && call.state.type !== 'completed',
      unhandled: call.unhandled,
    }))
    for (const key of droppedOnRetry(failed, unhandled, options.mode === 'retry' ? 'unhandled' : 'all')) dropped.add(key)
  }
  const from = options.from === undefined ? undefined : calls.filter((call) => call.name === options.from).map((call) => call.seq)
  if (from && from.length > 0) {
    const first = Math.min(...from)
    for (const call of calls) if (call.seq >= first) dropped.add(call.key)
    for (const wait of loaded.waits) if (wait.seq >= first) dropped.add(wait.key)
  }
  return [...dropped]
}
