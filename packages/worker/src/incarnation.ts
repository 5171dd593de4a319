import type { Assignment, Claimed, Registration } from '@sluice/api'
import { isSluiceError } from '@sluice/core'
import type { HeartbeatNews } from './heartbeats.ts'
import type { Launcher } from './launch/launcher.ts'
import { pause, type WorkerPlatform } from './platform.ts'
import type { Pulse, StartPulse } from './pulse.ts'
import type { ServerLink } from './server-link.ts'
import { SupervisedRun } from './supervised-run.ts'
import { isFinal, untilAnswered } from './until-answered.ts'
import type { WorkerLog } from './worker-log.ts'

export interface IncarnationOptions {
  readonly link: ServerLink
  readonly launcher: Launcher
  readonly platform: WorkerPlatform
  readonly log: WorkerLog
  readonly startPulse: StartPulse
  readonly registration: Registration
  /** Most runs at once. */
  readonly limit: number
  readonly graceMs: number
  /** Drains: no new claims, and the answer says so. */
  readonly draining: AbortSignal
}

/** Why an incarnation is over before its worker drains. */
export type IncarnationEnd =
  /** The server does not know it: another one may take its place. */
  | { readonly kind: 'forgotten' }
  /** The server will never have it. */
  | { readonly kind: 'refused'; readonly error: unknown }

const claimWaitMs = 20_000
const mostAtOnce = 100
/** A server that answers at once with nothing is about to stop. */
const tooSoonMs = 1_000
const tooSoonPauseMs = 250
/** A worker of many short runs whose places become free one by one claims so often at most. */
const gatherMs = 5
/** Heartbeats come three to a lease: more than these say nothing that still holds. */
const mostRenewals = 16

interface Renewal {
  readonly heardAt: number
  readonly leaseUntil: number
}

/**
 * A worker from one registration to its end. The server knows it by an id of its own, so whatever was given to an earlier process, or
 * to this one before the server forgot it, can never be taken for its own.
 */
export class Incarnation {
  readonly id: string
  /** Settles when it is over by itself. */
  readonly over: Promise<IncarnationEnd>
  readonly #options: IncarnationOptions
  readonly #runs = new Set<SupervisedRun>()
  readonly #executing = new Set<SupervisedRun>()
  readonly #pulse: Pulse
  readonly #end: (end: IncarnationEnd) => void
  readonly #ended = new AbortController()
  /** The last ones, oldest first: when this side heard of each, and until when it holds. */
  readonly #renewals: Renewal[] = []
  #away = false
  #roomMade: (() => void) | undefined

  /** Registers, however long that takes. Throws when the server will never have it, or the worker drains before. */
  static async register(options: IncarnationOptions): Promise<Incarnation> {
    const { link, platform, draining, registration, log } = options
    const id = platform.newId()
    return untilAnswered(
      async () => {
        const sentAt = platform.monotonic()
        const { leaseMs, heartbeatMs } = await link.register(id, registration)
        const renewal = { heardAt: platform.monotonic(), leaseUntil: sentAt + leaseMs }
        return new Incarnation(options, { id, leaseMs, heartbeatMs, renewal })
      },
      {
        platform,
        signal: draining,
        onFailure: (error, failures) => {
          if (failures === 1) log('warn', `the server is away, trying on: ${messageOf(error)}`)
        },
      },
    )
  }

  private constructor(
    options: IncarnationOptions,
    given: {
      readonly id: string
      readonly leaseMs: number
      readonly heartbeatMs: number
      readonly renewal: Renewal
    },
  ) {
    this.#options = options
    this.id = given.id
    this.#renewals.push(given.renewal)
    const { promise, resolve } = Promise.withResolvers<IncarnationEnd>()
    this.over = promise
    this.#end = resolve
    void promise.then(() => this.#ended.abort())
    this.#pulse = options.startPulse({
      link: options.link,
      platform: options.platform,
      worker: given.id,
      leaseMs: given.leaseMs,
      heartbeatMs: given.heartbeatMs,
      held: () => [...this.#runs],
      draining: () => options.draining.aborted,
      on: (news) => this.#heard(news),
    })
    options.draining.addEventListener('abort', () => this.#pulse.beatSoon(), { once: true })
    void this.#claim()
  }

  /** Runs that execute. */
  get executing(): number {
    return this.#executing.size
  }

  /** Resolves when nothing executes any more. */
  async idle(): Promise<void> {
    while (this.#executing.size > 0) await Promise.race([...this.#executing].map((run) => run.over))
  }

  /** What still executes goes on elsewhere: no crash is counted. Resolves when the server has heard so, or the signal aborts. */
  async giveUp(signal: AbortSignal): Promise<void> {
    for (const run of this.#executing) run.kill('drained')
    const released = Promise.all([...this.#runs].map((run) => run.released))
    const late = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([released, late])
  }

  /** Ends it: what it still holds is not its own any more. */
  async close(): Promise<void> {
    this.#pulse.stop()
    this.#ended.abort()
    for (const run of this.#runs) run.kill('disowned')
    await Promise.all([...this.#runs].map((run) => run.released))
  }

  async #claim(): Promise<void> {
    const signal = AbortSignal.any([this.#options.draining, this.#ended.signal])
    while (!signal.aborted) {
      const room = this.#options.limit - this.#executing.size
      if (room <= 0) await this.#room(signal)
      else await this.#claimOnce(Math.min(room, mostAtOnce), signal)
    }
  }

  async #claimOnce(max: number, signal: AbortSignal): Promise<void> {
    const { link, platform } = this.#options
    const body = { requestId: platform.newId(), max, waitMs: claimWaitMs }
    const askedAt = platform.monotonic()
    try {
      // The same id until there is an answer: runs that were given in one that got lost are given again.
      let asked = 0
      const ask = (): Promise<Claimed> => {
        asked += 1
        return link.claim(this.id, body, signal)
      }
      const onFailure = (error: unknown): void => this.#serverIsAway(error)
      const { runs, waitedMs } = await untilAnswered(ask, { platform, signal, onFailure })
      this.#serverIsBack()
      // Who asked again may be given what the first request was given.
      this.#takeAll(runs, asked === 1 ? askedAt + waitedMs : askedAt)
      // As much as was asked for: there is more. A moment later there is room for several, and a claim costs the same for one.
      if (runs.length === max && max < this.#options.limit / 4) await pause(platform, gatherMs, signal)
      if (runs.length === 0 && platform.monotonic() - askedAt < tooSoonMs)
        await pause(platform, tooSoonPauseMs * (0.5 + platform.random()), signal)
    } catch (error) {
      if (signal.aborted) return
      await this.#claimRefused(error, signal)
    }
  }

  async #claimRefused(error: unknown, signal: AbortSignal): Promise<void> {
    // A lease that passed while the server was away is no reason to give up what runs: only a heartbeat tells whether we are forgotten.
    if (!isSluiceError(error, 'WORKER_NOT_FOUND')) return this.#end({ kind: 'refused', error })
    this.#pulse.beatSoon()
    await pause(this.#options.platform, tooSoonPauseMs, signal)
  }

  /**
   * An answer may be late: its runs may have been taken from us again since, together with a lease that has passed and was renewed
   * without them. So theirs is the lease that was known when they were given, until a heartbeat that lists them is answered.
   */
  #takeAll(runs: readonly Assignment[], givenAt: number): void {
    if (runs.length === 0) return
    const leaseUntil = this.#renewals.findLast(({ heardAt }) => heardAt <= givenAt)?.leaseUntil ?? givenAt
    for (const assignment of runs) this.#take(assignment, leaseUntil)
    this.#pulse.changed()
    if (leaseUntil <= this.#options.platform.monotonic()) this.#pulse.beatSoon()
  }

  #take(assignment: Assignment, leaseUntil: number): void {
    const { id, epoch } = assignment.run
    const known = [...this.#runs].filter((run) => run.id === id)
    if (known.some((run) => run.epoch === epoch)) return
    // An earlier epoch of the same run: it was taken from us, and given again.
    for (const run of known) run.kill('lost')
    const run = new SupervisedRun(assignment, {
      ...this.#options,
      worker: this.id,
      leaseUntil,
      changed: () => this.#pulse.changed(),
    })
    this.#runs.add(run)
    this.#executing.add(run)
    void run.over.then(() => {
      this.#executing.delete(run)
      this.#roomMade?.()
    })
    void run.released.then(() => {
      this.#runs.delete(run)
      this.#pulse.lessened()
    })
  }

  #room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#roomMade = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #heard(news: HeartbeatNews): void {
    if (news.kind === 'failed') return this.#serverIsAway(news.error)
    if (news.kind === 'forgotten') return this.#end(news)
    if (news.kind === 'refused') return this.#end(news)
    this.#serverIsBack()
    this.#renewals.push({ heardAt: this.#options.platform.monotonic(), leaseUntil: news.leaseUntil })
    if (this.#renewals.length > mostRenewals) this.#renewals.shift()
    const listed = new Set(news.listed.map(({ id, epoch }) => `${id} ${epoch}`))
    const dropped = new Set(news.answer.drop.map(({ id, epoch }) => `${id} ${epoch}`))
    const cancelling = new Set(news.answer.cancelling.map(({ id }) => id))
    for (const run of this.#runs) {
      if (dropped.has(`${run.id} ${run.epoch}`)) run.drop()
      else if (listed.has(`${run.id} ${run.epoch}`)) run.lease(news.leaseUntil)
      if (cancelling.has(run.id)) run.cancel('somebody asked for it')
    }
  }

  #serverIsAway(error: unknown): void {
    if (this.#away || isFinal(error)) return
    this.#away = true
    this.#options.log('warn', `the server does not answer; runs go on, trying again: ${messageOf(error)}`)
  }

  #serverIsBack(): void {
    if (this.#away) this.#options.log('info', 'the server answers again')
    this.#away = false
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
