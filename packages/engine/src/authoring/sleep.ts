import { type Duration, limits, parseDuration, SluiceError } from '@sluice/core'
import { requireAmbient } from '../scope/ambient.ts'
import type { CancelScope } from '../scope/cancel-scope.ts'
import type { Frame } from '../scope/frame.ts'
import { durableWait } from '../wait/durable-wait.ts'

/**
 * Waits. In a flow the deadline is recorded before the wait begins and stays what it was: a run that is killed and resumed waits
 * for the rest only. In a task it is a plain timer of at most 30 s (`WAIT_IN_TASK` beyond).
 */
export function sleep(duration: Duration): Promise<void> {
  const waiting = wait(duration)
  // One that nobody awaits ends with its attempt, and that is no failure.
  waiting.catch(() => undefined)
  return waiting
}

async function wait(duration: Duration): Promise<void> {
  const ms = parseDuration(duration)
  const here = requireAmbient('sleep')
  const { frame, shield } = here
  const refusal = frame.refusal(shield)
  if (refusal) throw refusal
  if (frame.facts.definition.kind === 'task') {
    if (ms > limits.longRetryDelayMs) throw new SluiceError('WAIT_IN_TASK', { task: frame.name })
    return timer(frame, shield ?? frame.facts.cancel, ms)
  }
  const common = { version: undefined, name: null, match: null, event: null }
  await durableWait(
    here,
    { ...common, kind: 'sleep', call: 'sleep', inputs: String(ms), timeoutMs: ms },
    { answered: async () => undefined, timedOut: () => ({ ok: true, value: undefined }), timedOutAs: 'done' },
  )
}

function timer(frame: Frame, scope: CancelScope, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopTimer = frame.facts.root.platform.after(Math.max(0, ms), () => {
      stopListening()
      resolve()
    })
    const stopListening = scope.onAbort((reason) => {
      stopTimer()
      reject(reason)
    })
  })
}
