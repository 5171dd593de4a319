import { Crowd } from '../call/crowd.ts'
import { isSluiceError, limits, SluiceError } from '@sluice/core'
import type { RunControl } from '@sluice/store'
import type { Call } from '../call/call.ts'
import { noteStarted } from '../call/call-execution.ts'
import { nextTurn } from '../platform.ts'
import type { RootRun } from './root-run.ts'

/** How long a question for news may be open where the store pushes it. */
const longestPollMs = 20_000
/** Most runs are over sooner; until then each batch of the journal tells of a cancellation. */
const firstPollMs = 250

/**
 * Looks after a root run on a timer: keeps the process alive, shows tasks that last, notices cancellation and a new owner, and hands
 * answers to the waits they are for.
 */
export class Watching {
  /** Calls whose body runs, oldest first. */
  readonly running: Crowd<Call> = new Crowd()
  readonly #root: RootRun
  /** Calls that others can see, and so ask to be cancelled, by id. */
  readonly #visible = new Map<string, Call>()
  readonly #noted = new WeakSet<Call>()
  #stopTimer: (() => void) | undefined
  #stopped = false
  #stopFirstPoll: (() => void) | undefined
  #polling: AbortController | undefined
  #looking: Promise<void> | undefined
  #lookAhead = false

  constructor(root: RootRun) {
    this.#root = root
  }

  start(): void {
    this.#tick()
    const { store } = this.#root.home
    if (!store.controlIsPushed) return
    // What a resumed run waits for may be answered already.
    if (this.#root.resumed) this.#startPolling()
    else this.#stopFirstPoll = this.#root.platform.after(firstPollMs, () => this.#startPolling(), true)
  }

  stop(): void {
    this.#stopped = true
    this.#stopTimer?.()
    this.#stopFirstPoll?.()
    this.#polling?.abort()
    this.#polling = undefined
  }

  /** Something refers to this task: its row must be there, so that a resume gives it the same id. */
  note(call: Call): void {
    if (!this.#root.checkpoints.get(call.key)) this.#note(call)
  }

  /** Its row is written before it has ended. */
  show(call: Call): void {
    this.#visible.set(call.id, call)
  }

  /** It has ended. */
  hide(call: Call): void {
    this.running.delete(call)
    if (this.#visible.size > 0) this.#visible.delete(call.id)
  }

  /** A wait was registered: whoever answers at once is heard at once. */
  lookSoon(): void {
    if (this.#root.home.store.controlIsPushed) return this.#startPolling()
    if (this.#lookAhead) return
    this.#lookAhead = true
    nextTurn(() => {
      this.#lookAhead = false
      void this.look()
    })
  }

  /** Reads the control now. Never rejects: a store that is away is asked again later. */
  async look(): Promise<void> {
    // One that is under way may have read before what the caller waits for was written.
    await this.#looking
    const { id, home } = this.#root
    const looking = home.store
      .readControl(id)
      .then((control) => this.#heed(control))
      .catch((error: unknown) => this.#missed(error))
    this.#looking = looking
    await looking
    if (this.#looking === looking) this.#looking = undefined
  }

  #tick(): void {
    const { platform, settings, home } = this.#root
    this.#stopTimer = platform.after(settings.pollMs, () => {
      this.#tick()
      this.#noteLongTasks()
      if (!home.store.controlIsPushed && !this.#looking) void this.#lookAround()
    })
  }

  /** In a script nobody else matches events and ended runs with what waits for them. */
  async #lookAround(): Promise<void> {
    const { local, waits } = this.#root
    if (local && waits.all.some(({ row }) => row.kind === 'event' || row.kind === 'run')) await local.settleWaits()
    await this.look()
  }

  #startPolling(): void {
    this.#stopFirstPoll?.()
    if (!this.#polling && !this.#stopped) void this.#poll((this.#polling = new AbortController()))
  }

  async #poll(polling: AbortController): Promise<void> {
    const { id, home, platform, settings } = this.#root
    const { signal } = polling
    for (let seen: RunControl | undefined; !signal.aborted;) {
      const control = await home.store
        .readControl(id, { waitMs: longestPollMs, seen, signal })
        .catch((error: unknown) => this.#missed(error))
      if (signal.aborted) return
      if (control) await this.#heed(control)
      else await new Promise<void>((resolve) => platform.after(settings.pollMs, resolve, true))
      seen = control ?? seen
    }
  }

  #noteLongTasks(): void {
    const before = this.#root.platform.now() - limits.startedAfterMs * 1000
    for (const call of this.running) {
      if ((call.startedAt ?? before) > before) return
      if (call.definition.kind === 'task') this.#note(call)
    }
  }

  #note(call: Call): void {
    if (call.decided || this.#noted.has(call)) return
    this.#noted.add(call)
    noteStarted(call)
  }

  async #heed(control: RunControl | undefined): Promise<void> {
    const root = this.#root
    if (!control || root.ended) return
    if (control.epoch !== root.record.epoch) {
      root.lose(new SluiceError('RUN_FENCED', { run: root.id, epoch: control.epoch }))
      return
    }
    if (control.state.type === 'cancelling') root.cancelAsked()
    for (const id of control.cancelTasks) this.#cancelTask(id)
    await root.waits.take(control.answers)
  }

  /** A store that is away is asked again; one that knows another owner tells this one no more. */
  #missed(error: unknown): undefined {
    if (isSluiceError(error, 'RUN_FENCED')) this.#root.lose(error)
  }

  /** As often as it is asked: a call is cancelled once, and another one under its name has another id. */
  #cancelTask(id: string): void {
    const call = this.#visible.get(id)
    if (!call) return
    call.cancel(new SluiceError('TASK_CANCELLED', { task: call.definition.name, reason: 'somebody asked for it' }))
  }
}
