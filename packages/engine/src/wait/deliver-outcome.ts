import type { WaitRecord } from '@sluice/store'
import type { Observable } from '../call/future.ts'
import { type Checkpoint, fromWait } from '../journal/checkpoints.ts'
import { readJournaled } from '../run/patience.ts'
import type { Frame } from '../scope/frame.ts'
import { readOutcome, type Settled } from './wait-outcome.ts'

/** Who waits. */
export interface Caller {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** Whether somebody looks at it: what was refused and nobody looks at fails its scope. Default: yes. */
  readonly observed?: (() => boolean) | undefined
}

/** Hands the end of a wait to the code that waits. A failure is noted: a retry of the scope must know whether it was handled. */
export function deliverOutcome(frame: Frame, key: string, settled: Settled, caller: Caller): void {
  if (settled.ok) {
    caller.resolve(settled.value)
    return
  }
  const observed = (): boolean => !settled.refused || caller.observed?.() !== false
  const failed: Observable = {
    get seen() {
      return observed()
    },
    get observed() {
      return observed()
    },
    failure: settled.error,
    consumers: undefined,
  }
  frame.noteFailure(key, failed, settled.error)
  caller.reject(settled.error)
}

/** Hands out what the journal has, in the journal's order. */
export function replayOutcome(frame: Frame, known: Checkpoint, observed?: () => boolean): Promise<unknown> {
  const { root } = frame.facts
  return new Promise((resolve, reject) => {
    root.delivery.push(known.seq, () => {
      if (known.result === null) return resolve(undefined)
      return readJournaled(root, known.result, known.name).then((decoded) =>
        deliverOutcome(frame, known.key, readOutcome(decoded), { resolve, reject, observed }),
      )
    })
  })
}

/** Another attempt of this scope does not wait again, as it would not after a crash. */
export function keepForRetry(frame: Frame, row: WaitRecord): void {
  if (!frame.facts.retriable) return
  frame.facts.root.checkpoints.keep(fromWait(row))
  frame.keep(row.key)
}
