import type { HeartbeatAnswer } from '@sluice/api'
import type { RunEpoch } from '@sluice/store'
import { isSluiceError } from '@sluice/core'
import type { WorkerPlatform } from './platform.ts'
import type { ServerLink } from './server-link.ts'
import { isFinal } from './until-answered.ts'

/** A run that a worker holds. */
export interface HeldRun extends RunEpoch {
  readonly flow: string
  /** When its time limit is reached, on the monotonic clock; undefined without one. */
  readonly timeUpAt: number | undefined
}

export interface HeartbeatOptions {
  readonly link: Pick<ServerLink, 'heartbeat'>
  readonly platform: WorkerPlatform
  readonly worker: string
  readonly leaseMs: number
  readonly heartbeatMs: number
  /** Everything the worker holds, as of now. */
  readonly held: () => readonly HeldRun[]
  readonly draining: () => boolean
  readonly on: (news: HeartbeatNews) => void
}

export type HeartbeatNews =
  /** The lease holds until `leaseUntil`, on the monotonic clock, for the runs that the heartbeat listed. */
  | {
      readonly kind: 'renewed'
      readonly leaseUntil: number
      readonly listed: readonly RunEpoch[]
      readonly answer: HeartbeatAnswer
    }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The server does not know this incarnation any more: nothing that it holds is its own. */
  | { readonly kind: 'forgotten' }
  /** No heartbeat will ever be answered again. */
  | { readonly kind: 'refused'; readonly error: unknown }

/** After a failure the next try comes soon: the lease is running out. */
const retryMs = 500

/**
 * Renews a worker's lease. A renewal counts from *before* its request was sent: the server began to count after that, so this side
 * is always the first to think that the lease is over.
 */
export class Heartbeats {
  readonly #options: HeartbeatOptions
  #stopTimer: (() => void) | undefined
  #stopped = false
  #beating = false
  /** Asked for while one was under way, which lists what was held before. */
  #again = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#later(options.heartbeatMs)
  }

  stop(): void {
    this.#stopped = true
    this.#stopTimer?.()
  }

  /** Now, or once the one under way is answered. */
  beatSoon(): void {
    this.#again = this.#beating
    if (this.#beating) return
    this.#stopTimer?.()
    this.#later(0)
  }

  #later(ms: number): void {
    if (this.#stopped) return
    this.#stopTimer = this.#options.platform.after(ms, () => void this.#beat(), true)
  }

  async #beat(): Promise<void> {
    const { link, platform, worker, leaseMs, heartbeatMs, on } = this.#options
    this.#beating = true
    const sentAt = platform.monotonic()
    const body = {
      runs: this.#options.held().map(({ id, epoch }) => ({ id, epoch })),
      draining: this.#options.draining(),
    }
    try {
      // Longer than a heartbeat is no use: the next one says the same and newer.
      const answer = await link.heartbeat(worker, body, Math.max(1_000, leaseMs / 3))
      this.#beating = false
      if (this.#stopped) return
      on({ kind: 'renewed', leaseUntil: sentAt + answer.leaseMs, listed: body.runs, answer })
      this.#later(this.#again ? 0 : sentAt + heartbeatMs - platform.monotonic())
      this.#again = false
    } catch (error) {
      this.#beating = false
      if (!this.#stopped) this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    const { on, heartbeatMs, platform } = this.#options
    if (isSluiceError(error, 'WORKER_NOT_FOUND')) return on({ kind: 'forgotten' })
    if (isFinal(error)) return on({ kind: 'refused', error })
    on({ kind: 'failed', error })
    this.#later(Math.min(heartbeatMs, retryMs) * (0.5 + platform.random() / 2))
  }
}
