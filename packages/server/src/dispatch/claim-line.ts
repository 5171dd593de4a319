import type { RunRecord, WorkerClaim } from '@sluice/store'
import type { Clock } from '../platform.ts'
import type { LongPoll } from '../services.ts'

/** Runs, and for how many milliseconds the request had waited, at least, when they became its own. */
export interface Found {
  readonly runs: readonly RunRecord[]
  readonly waitedMs: number
}

interface Waiter {
  readonly claim: WorkerClaim
  readonly since: number
  /** It was looked for at least once: its claim may be the repetition of one whose answer was lost, so that is never put off. */
  looked: boolean
  /** A look is under way: what it finds is its own. */
  looking: boolean
  /** Its time is up: the look under way is the last. */
  expired: boolean
  answer(found: Found): void
  fail(error: unknown): void
}

/**
 * Workers that may take the same runs, longest waiting first. A look at the queue happens for whoever is new, and for the first in line
 * when somebody said that there may be runs; it goes on as long as there are.
 */
export class ClaimLine {
  readonly pool: string
  readonly #claimRuns: (claim: WorkerClaim) => Promise<readonly RunRecord[]>
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()
  #woken = false
  #serving = false

  constructor(pool: string, claimRuns: (claim: WorkerClaim) => Promise<readonly RunRecord[]>, clock: Clock) {
    this.pool = pool
    this.#claimRuns = claimRuns
    this.#clock = clock
  }

  get isEmpty(): boolean {
    return this.#waiters.size === 0
  }

  wake(): void {
    this.#woken = true
    void this.#serve()
  }

  stop(): void {
    for (const waiter of this.#waiters) this.#expire(waiter)
  }

  wait(claim: WorkerClaim, poll: LongPoll): Promise<Found> {
    this.#dropOlder(claim.requestId)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter)
        cancelTimer()
        poll.signal.removeEventListener('abort', gone)
      }
      const waiter: Waiter = {
        claim,
        since: this.#clock.monotonic(),
        looked: false,
        looking: false,
        expired: poll.waitMs <= 0,
        answer(found) {
          leave()
          resolve(found)
        },
        fail(error) {
          leave()
          reject(error)
        },
      }
      const gone = (): void => waiter.answer(nothing)
      const cancelTimer = this.#clock.after(poll.waitMs, () => this.#expire(waiter))
      poll.signal.addEventListener('abort', gone, { once: true })
      this.#waiters.add(waiter)
      void this.#serve()
    })
  }

  /** The same request again: whoever asked first has gone away. */
  #dropOlder(requestId: string): void {
    for (const waiter of this.#waiters) if (waiter.claim.requestId === requestId) waiter.answer(nothing)
  }

  #expire(waiter: Waiter): void {
    if (waiter.looked && !waiter.looking) waiter.answer(nothing)
    else waiter.expired = true
  }

  async #serve(): Promise<void> {
    if (this.#serving) return
    this.#serving = true
    for (let waiter = this.#next(); waiter; waiter = this.#next()) await this.#look(waiter)
    this.#serving = false
  }

  #next(): Waiter | undefined {
    const waiting = [...this.#waiters]
    return this.#woken ? waiting[0] : waiting.find((waiter) => !waiter.looked)
  }

  async #look(waiter: Waiter): Promise<void> {
    // Whoever wakes from here on may mean runs that this look does not see.
    this.#woken = false
    waiter.looking = true
    // A first look may find what an earlier request was given, whose answer was lost.
    const waitedMs = waiter.looked ? Math.floor(this.#clock.monotonic() - waiter.since) : 0
    try {
      const runs = await this.#claimRuns(waiter.claim)
      if (runs.length > 0) this.#woken = true
      waiter.looked = true
      waiter.looking = false
      if (runs.length > 0 || waiter.expired) waiter.answer({ runs, waitedMs })
    } catch (error) {
      waiter.fail(error)
    }
  }
}

const nothing: Found = { runs: [], waitedMs: 0 }
