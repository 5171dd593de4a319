import { checkpointKey, type Duration, limits, parseDuration, SluiceError } from '@sluice/core'
import type { WaitRecord } from '@sluice/store'
import { requireAmbient } from '../scope/ambient.ts'
import { CancelScope } from '../scope/cancel-scope.ts'
import { fromWait } from '../journal/checkpoints.ts'
import type { Frame } from '../scope/frame.ts'

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
  const { frame, shield } = requireAmbient('sleep')
  const refusal = frame.refusal(shield)
  if (refusal) throw refusal
  const scope = shield ?? frame.facts.cancel
  if (frame.facts.definition.kind === 'flow') return durableSleep(frame, scope, ms)
  if (ms > limits.longRetryDelayMs) throw new SluiceError('WAIT_IN_TASK', { task: frame.name })
  return timer(frame, scope, ms)
}

function durableSleep(frame: Frame, scope: CancelScope, ms: number): Promise<void> {
  const { root, scope: scopeKey } = frame.facts
  const inputs = String(ms)
  const ordinal = frame.ordinal('sleep', undefined, inputs)
  const key = checkpointKey({ scope: scopeKey, name: 'sleep', version: undefined, inputs, ordinal })
  const known = root.checkpoints.get(key)
  root.checkpoints.claim(key)
  if (known?.final) return new Promise((resolve) => root.delivery.push(known.seq, resolve))
  const now = root.platform.now()
  const open: Omit<WaitRecord, 'seq'> = {
    id: known?.id ?? root.platform.newId(),
    rootId: root.id,
    runId: frame.facts.runId,
    parentTaskId: null,
    key,
    kind: 'sleep',
    name: null,
    deadline: known?.deadline ?? now + ms * 1000,
    match: null,
    status: 'open',
    outcome: null,
    checkpoint: true,
    createdAt: known?.createdAt ?? now,
    endedAt: null,
  }
  return waitUntil(frame, scope, open, { longestMs: ms, registered: typeof known?.deadline === 'number' })
}

interface Waiting {
  /** A clock that went back between two processes must not make a wait longer than it was. */
  readonly longestMs: number
  /** Its row is there already. */
  readonly registered: boolean
}

async function waitUntil(
  frame: Frame,
  scope: CancelScope,
  row: Omit<WaitRecord, 'seq'>,
  { longestMs, registered }: Waiting,
): Promise<void> {
  const { root } = frame.facts
  const closing = new CancelScope(scope)
  const finish = (status: WaitRecord['status']) => (seq: number) => ({
    kind: 'wait' as const,
    row: { ...row, status, endedAt: root.platform.now(), seq },
  })
  if (!registered) await root.journal.write((seq) => ({ kind: 'wait', row: { ...row, seq } }))
  // Nobody waits for it any more once its flow has ended: a lost race must not hold the run up.
  const leave = frame.onClose(() => closing.abort(new SluiceError('ATTEMPT_CLOSED', { task: frame.name })))
  try {
    await timer(frame, closing, Math.min(((row.deadline ?? 0) - root.platform.now()) / 1000, longestMs))
  } catch (reason) {
    root.journal.append(finish('cancelled'))
    throw reason
  } finally {
    leave()
    closing.release()
  }
  await new Promise<void>((resolve) => {
    root.journal.append(finish('done'), (seq) => {
      keepForRetry(frame, finish('done')(seq).row)
      root.delivery.push(seq, resolve)
    })
  })
}

/** Another attempt of this scope does not wait again, as it would not after a crash. */
function keepForRetry(frame: Frame, row: WaitRecord): void {
  if (!frame.facts.retriable) return
  frame.facts.root.checkpoints.keep(fromWait(row))
  frame.keep(row.key)
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
