import { limits, type State, stateOf, type WaitingFor } from '@sluice/core'
import type { OpenWait } from '../wait/open-waits.ts'
import type { RootRun } from './root-run.ts'

/** A run that stands still for less is not called Paused: answers that come at once cost no rows. */
const quietMs = 200

/**
 * Knows when a run only waits. Then its state says Paused and what for; where it may give up its process it is suspended once that
 * has lasted, unless something is held that would not survive it.
 *
 * - working: a task runs or stands in line, or nothing is waited for.
 * - waiting: nothing but waits, since a moment; ends with any call, any answer and any new wait.
 */
export class Idleness {
  readonly #root: RootRun
  readonly #maySuspend: boolean
  #busy = 0
  #stopTimer: (() => void) | undefined

  constructor(root: RootRun, maySuspend: boolean) {
    this.#root = root
    this.#maySuspend = maySuspend
  }

  /** A call of a task began, or something else that only this process can finish. */
  begin(): void {
    if (this.#busy++ === 0) this.changed()
  }

  end(): void {
    if (--this.#busy === 0) this.changed()
  }

  busy(): Disposable {
    this.begin()
    return { [Symbol.dispose]: () => this.end() }
  }

  /** Something that decides whether the run only waits is different now. */
  changed(): void {
    const { waits, ended, future } = this.#root
    if (waits.size === 0 && this.#stopTimer === undefined && future.state.name !== 'Paused') return
    this.stop()
    if (ended) return
    if (this.#waiting()) this.#stopTimer = this.#after(quietMs, () => this.#pause())
    else if (future.state.name === 'Paused') this.#root.state.enter(stateOf('Running', this.#root.platform.now()))
  }

  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }

  /** The first wait, when the run does nothing else and will not for a while. */
  #waiting(): OpenWait | undefined {
    if (this.#busy > 0) return undefined
    return this.#root.waits.all.find((wait) => wait.awaited && !this.#endsSoon(wait))
  }

  #pause(): void {
    const wait = this.#waiting()
    if (!wait) return
    this.#show(wait, undefined)
    if (this.#maySuspend)
      this.#stopTimer = this.#after(Math.max(0, this.#root.settings.suspendAfterMs - quietMs), () => this.#suspend())
  }

  #suspend(): void {
    const wait = this.#waiting()
    if (!wait) return
    const reason = this.#staysBecause()
    if (reason === undefined) {
      this.stop()
      void this.#root.suspension.begin(this.#state('Suspended', wait, this.#resumesAt()))
      return
    }
    this.#show(wait, reason)
    this.#stopTimer = this.#after(this.#root.settings.suspendAfterMs, () => this.#suspend())
  }

  /** A retry's delay has a state of its own, and so has a run that is being cancelled. */
  #show(wait: OpenWait, reason: string | undefined): void {
    const { future } = this.#root
    const next = this.#state('Paused', wait, reason && `stays in its process: ${reason}`)
    const shown = future.state.name === 'Paused' && future.state.message === next.message
    if (!shown && (future.state.type === 'running' || future.state.name === 'Paused')) this.#root.state.enter(next)
  }

  #staysBecause(): string | undefined {
    const { slots, lingering, waits } = this.#root
    const [limit] = slots.held
    if (limit !== undefined) return `limit ${limit} is held`
    if (!lingering.isEmpty) return 'a hook or shielded work is not over'
    const soon = waits.all.find((wait) => wait.awaited && this.#endsSoon(wait))
    return soon && `${described(soon)} ends within ${limits.longRetryDelayMs / 1000} s`
  }

  #resumesAt(): string | undefined {
    const deadlines = this.#root.waits.all.flatMap(({ row }) => row.deadline ?? [])
    if (deadlines.length === 0) return undefined
    return `goes on by itself at ${new Date(Math.min(...deadlines) / 1000).toISOString()}`
  }

  #endsSoon({ row }: OpenWait): boolean {
    return row.deadline !== null && (row.deadline - this.#root.platform.now()) / 1000 <= limits.longRetryDelayMs
  }

  #state(name: 'Paused' | 'Suspended', wait: OpenWait, more: string | undefined): State {
    const message = `waits for ${described(wait)}${more === undefined ? '' : `; ${more}`}`
    return stateOf(name, this.#root.platform.now(), { message, waitingFor: waitingFor(wait) })
  }

  #after(ms: number, fn: () => void): () => void {
    return this.#root.platform.after(ms, fn, true)
  }
}

function described({ row }: OpenWait): string {
  if (row.kind === 'input') return `an answer to '${row.name ?? ''}'`
  if (row.kind === 'event') return `event '${row.name ?? ''}'`
  return row.kind === 'run' ? `run ${row.targetRunId ?? ''}` : 'a time'
}

function waitingFor({ row }: OpenWait): WaitingFor {
  if (row.kind === 'input') return { kind: 'input', key: row.name ?? '' }
  if (row.kind === 'event') return { kind: 'event', event: row.name ?? '' }
  return row.kind === 'run' ? { kind: 'run', runId: row.targetRunId ?? '' } : { kind: 'time', until: row.deadline ?? 0 }
}
