import { SluiceError } from '@sluice/core'
import type { WaitRecord } from '@sluice/store'
import { patiently } from '../run/patience.ts'
import { CancelScope } from '../scope/cancel-scope.ts'
import type { Frame } from '../scope/frame.ts'
import { deliverOutcome, keepForRetry } from './deliver-outcome.ts'
import type { OpenWait } from './open-waits.ts'
import type { PlacedWait } from './place-wait.ts'
import { type Settled, storeOutcome } from './wait-outcome.ts'

/** What a kind of wait makes of its end. */
export interface WaitEnding {
  /** Undefined: that was no answer to this wait. */
  answered(text: string): Promise<Settled | undefined>
  timedOut(): Settled
  /** Journaled when its time is up. Default `timedOut`. */
  readonly timedOutAs?: WaitRecord['status']
  readonly awaited?: () => boolean
  /** Whether somebody looks at the outcome. Default: yes. */
  readonly observed?: () => boolean
}

type Open = Exclude<PlacedWait, { readonly final: object }>

/**
 * A registered wait while its code waits: until it is answered, its time is up, or its attempt ends. Its end is journaled before
 * anybody sees it, and handed out in the order of the journal.
 */
export class HeldWait implements OpenWait {
  readonly row: Omit<WaitRecord, 'seq'>
  readonly #longestMs: number
  readonly #frame: Frame
  readonly #ending: WaitEnding
  readonly #stops: (() => void)[] = []
  #phase: 'waiting' | 'answering' | 'over' = 'waiting'
  #resolve: (value: unknown) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined

  constructor(frame: Frame, placed: Open, ending: WaitEnding) {
    this.row = placed.row
    this.#longestMs = placed.longestMs
    this.#frame = frame
    this.#ending = ending
  }

  get awaited(): boolean {
    return this.#ending.awaited?.() ?? true
  }

  /** Waits. Rejects with the reason when the attempt ends or `scope` is cancelled: nobody waits for it any more then. */
  hold(scope: CancelScope): Promise<unknown> {
    const held = new Promise<unknown>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const closing = new CancelScope(scope)
    this.#stops.push(() => closing.release())
    this.#stops.push(
      this.#frame.onClose(() => closing.abort(new SluiceError('ATTEMPT_CLOSED', { task: this.#frame.name }))),
      closing.onAbort((reason) => this.#abandon(reason)),
    )
    if (this.#phase === 'waiting') this.#begin()
    else this.stop()
    return held
  }

  async answer(text: string): Promise<void> {
    if (this.#phase !== 'waiting') return
    this.#phase = 'answering'
    const settled = await this.#made(text)
    // Abandoned meanwhile.
    if (this.#isOver()) return
    this.#phase = 'waiting'
    if (settled) await this.end('done', settled)
  }

  /** An answer that cannot be read, or a schema that breaks on it, is a failure of the wait. */
  async #made(text: string): Promise<Settled | undefined> {
    try {
      return await this.#ending.answered(text)
    } catch (error) {
      return { ok: false, error }
    }
  }

  #isOver(): boolean {
    return this.#phase === 'over'
  }

  async end(status: WaitRecord['status'], given: Settled): Promise<void> {
    const { root } = this.#frame.facts
    // Nothing follows in the journal of a run that is suspended or lost.
    if (this.#phase === 'over' || root.ended) return
    this.#over()
    const { settled, stored } = await storeOutcome(root.values, given, this.row.name ?? this.row.kind)
    const row = (seq: number): WaitRecord => ({
      ...this.row,
      status,
      outcome: stored,
      endedAt: root.platform.now(),
      seq,
    })
    root.journal.append(
      (seq) => ({ kind: 'wait', row: row(seq) }),
      (seq) => {
        keepForRetry(this.#frame, row(seq))
        const caller = { resolve: this.#resolve, reject: this.#reject, observed: this.#ending.observed }
        root.delivery.push(seq, () => deliverOutcome(this.#frame, this.row.key, settled, caller))
      },
    )
  }

  #begin(): void {
    const { root } = this.#frame.facts
    root.waits.add(this)
    const { answer, deadline } = this.row
    // What came first stays first, also where its time has run out since.
    if (answer) return root.waits.settle({ at: answer.at, look: false, settle: () => this.#settle(answer.text) })
    if (deadline === null) return
    const leftMs = Math.min((deadline - root.platform.now()) / 1000, this.#longestMs)
    if (leftMs <= 0) this.#timeIsUp(deadline)
    else this.#stops.push(root.platform.after(leftMs, () => this.#timeIsUp(deadline)))
  }

  #timeIsUp(at: number): void {
    const isSleep = this.row.kind === 'sleep'
    const settle = (): Promise<void> => (isSleep ? this.#settle(null) : this.#timeOut())
    this.#frame.facts.root.waits.settle({ at, look: !isSleep, settle })
  }

  /** An answer that the store has taken is the outcome: whoever gave it was told so. */
  async #timeOut(): Promise<void> {
    const { root } = this.#frame.facts
    if (this.#phase !== 'waiting' || root.ended) return
    const asked = { rootId: root.id, epoch: root.record.epoch, waitId: this.row.id }
    try {
      await this.#settle(await patiently(root, () => root.home.store.timeOutWait(asked)))
    } catch (error) {
      await this.end('done', { ok: false, error })
    }
  }

  /** With what the store has: an answer, or null for its timeout. */
  #settle(text: string | null): Promise<void> {
    if (text !== null) return this.answer(text)
    return this.end(this.#ending.timedOutAs ?? 'timedOut', this.#ending.timedOut())
  }

  #abandon(reason: Error): void {
    if (this.#phase === 'over') return
    this.#over()
    const { root } = this.#frame.facts
    const row = { ...this.row, status: 'cancelled', endedAt: root.platform.now() } as const
    root.journal.append((seq) => ({ kind: 'wait', row: { ...row, seq } }))
    if (row.targetRunId !== null) keepForRetry(this.#frame, { ...row, seq: 0 })
    this.#reject(reason)
  }

  #over(): void {
    this.#phase = 'over'
    this.stop()
    this.#frame.facts.root.waits.remove(this.row.id)
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
  }
}
