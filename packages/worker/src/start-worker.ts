import { protocol } from '@sluice/api'
import { findHomeDir } from '@sluice/api/node'
import { SluiceError } from '@sluice/core'
import path from 'node:path'
import { httpLink } from './http-link.ts'
import { Incarnation, type IncarnationOptions } from './incarnation.ts'
import { inlineLauncher } from './inline/inline-launcher.ts'
import { threadPulse } from './inline/thread-pulse.ts'
import type { Launcher } from './launch/launcher.ts'
import { processLauncher } from './launch/process-launcher.ts'
import { pause, systemPlatform, thisMachine, type WorkerPlatform } from './platform.ts'
import { ownThreadPulse, type StartPulse } from './pulse.ts'
import type { ServerLink } from './server-link.ts'
import { standardLog, type WorkerLog } from './worker-log.ts'
import { workerVersion } from './worker-version.ts'

export interface WorkerOptions {
  /** Of the server; of several, separated by commas: the next one when one does not answer. */
  readonly url: string
  readonly token: string
  readonly pool: string
  /** Only runs of these queues. Default: all of the pool. */
  readonly queues?: readonly string[]
  /** Shown to people. Default: the name of the machine. */
  readonly name?: string
  /** Most runs at once. Default: twice the cores; 50 inline. */
  readonly limit?: number
  /** `process`: a process for each run. `inline`: in this process, for trusted light flows: fast, and not isolated. */
  readonly mode?: 'process' | 'inline'
  /** How long a cancelled run may take to clean up. Default 30 s. */
  readonly graceMs?: number
  /** How long running runs may take when the worker stops, before they are left to others. Default 60 s. */
  readonly drainMs?: number
  /** Where the code of runs without a source directory is. Default: the working directory. */
  readonly project?: string
  /** The `.sluice` directory of this machine: kept versions of code, compile cache. Default: in the project. */
  readonly home?: string
  /** Inline: a run that passes its time limit in a blocked event loop ends the worker's process. */
  readonly strict?: boolean
  readonly launcher?: Launcher
  readonly log?: WorkerLog
  readonly platform?: WorkerPlatform
  /** In place of HTTP: for tests. */
  readonly link?: ServerLink
}

/** A worker: claims runs of one pool, runs them, keeps their leases. */
export interface Worker {
  readonly name: string
  /** Resolves when it has stopped; rejects when no server will ever have it (a revoked token, another protocol). */
  readonly ended: Promise<void>
  /** Of the server: the id of its present incarnation, once it is registered. */
  readonly incarnation: string | undefined
  /** Runs that it is executing. */
  readonly executing: number
  /**
   * Drains: claims no more, lets runs finish for `drainMs`, leaves the rest to other workers. Called again with `now`, it leaves them at
   * once. Resolves when it has stopped.
   */
  stop(options?: { readonly now?: boolean }): Promise<void>
}

/** How long the server may take to hear that runs were given up; less for somebody who is in a hurry. */
const reportMs = 10_000
const hurriedReportMs = 2_000

/** Starts a worker. It tries for ever to reach a server; only one that refuses it for good ends it. */
export function startWorker(options: WorkerOptions): Worker {
  return new PoolWorker(options)
}

class PoolWorker implements Worker {
  readonly name: string
  readonly ended: Promise<void>
  readonly #options: WorkerOptions
  readonly #drain = new AbortController()
  readonly #hurry = new AbortController()
  readonly #live: Omit<IncarnationOptions, 'draining'>
  #present: Incarnation | undefined

  constructor(options: WorkerOptions) {
    const { mode = 'process', platform = systemPlatform, log = standardLog } = options
    this.#options = options
    this.name = options.name ?? thisMachine.host
    const limit = options.limit ?? (mode === 'inline' ? 50 : thisMachine.cores * 2)
    if (!Number.isInteger(limit) || limit < 1)
      throw new SluiceError('OPTION_INVALID', { option: 'limit', problem: 'it must be a whole number of at least 1' })
    this.#live = {
      link: options.link ?? httpLink(options.url, options.token),
      launcher: options.launcher ?? launcherOf(options, mode, platform, limit),
      platform,
      log,
      limit,
      startPulse: mode === 'inline' && options.link === undefined ? pulseOf(options) : ownThreadPulse,
      registration: registrationOf(options, this.name, mode, limit),
      graceMs: options.graceMs ?? 30_000,
    }
    this.ended = this.#run()
    // Whoever is interested asks.
    this.ended.catch(() => undefined)
  }

  get incarnation(): string | undefined {
    return this.#present?.id
  }

  get executing(): number {
    return this.#present?.executing ?? 0
  }

  async stop({ now = false }: { readonly now?: boolean } = {}): Promise<void> {
    this.#drain.abort()
    if (now) this.#hurry.abort()
    await this.ended.catch(() => undefined)
  }

  async #run(): Promise<void> {
    const { launcher, link } = this.#live
    try {
      await this.#incarnate()
    } finally {
      await launcher[Symbol.asyncDispose]()
      if (Symbol.asyncDispose in link) await (link as ServerLink & AsyncDisposable)[Symbol.asyncDispose]()
    }
  }

  async #incarnate(): Promise<void> {
    const { log, registration } = this.#live
    const draining = this.#drain.signal
    while (!draining.aborted) {
      const incarnation = await this.#register()
      if (!incarnation) return
      this.#present = incarnation
      log('info', `worker ${this.name} takes runs of pool ${registration.pool}, at most ${this.#live.limit} at once`)
      const end = await Promise.race([incarnation.over, aborted(draining)])
      if (end === undefined) return this.#leave(incarnation)
      await incarnation.close()
      if (end.kind === 'refused') throw end.error
      log('warn', 'the server does not know this worker any more: what it was running is lost, it registers again')
    }
  }

  async #register(): Promise<Incarnation | undefined> {
    try {
      return await Incarnation.register({ ...this.#live, draining: this.#drain.signal })
    } catch (error) {
      if (this.#drain.signal.aborted) return undefined
      throw error
    }
  }

  async #leave(incarnation: Incarnation): Promise<void> {
    const { platform, log, link } = this.#live
    const { drainMs = 60_000 } = this.#options
    const { executing } = incarnation
    if (executing > 0) log('info', `waiting up to ${drainMs / 1000} s for ${executing} running ${plural(executing)}`)
    const late = new AbortController()
    await Promise.race([
      incarnation.idle(),
      pause(platform, drainMs, AbortSignal.any([this.#hurry.signal, late.signal])),
    ])
    late.abort()
    const silence = new AbortController()
    const cancel = platform.after(this.#hurry.signal.aborted ? hurriedReportMs : reportMs, () => silence.abort())
    await incarnation.giveUp(silence.signal)
    cancel()
    await link.stop(incarnation.id).catch(() => log('warn', 'the server could not be told that this worker stops'))
    await incarnation.close()
    log('info', `worker ${this.name} has stopped`)
  }
}

function registrationOf(
  options: WorkerOptions,
  name: string,
  mode: 'process' | 'inline',
  capacity: number,
): IncarnationOptions['registration'] {
  const { host, pid } = thisMachine
  const queues = options.queues?.length ? { queues: [...options.queues] } : {}
  return { name, pool: options.pool, ...queues, host, pid, version: workerVersion, protocol, mode, capacity }
}

function launcherOf(
  options: WorkerOptions,
  mode: 'process' | 'inline',
  platform: WorkerPlatform,
  limit: number,
): Launcher {
  const project = path.resolve(options.project ?? '.')
  const places = { project, home: path.resolve(options.home ?? findHomeDir(project, thisMachine.env)), platform }
  return mode === 'inline' ? inlineLauncher(places) : processLauncher({ ...places, maxIdle: limit })
}

function pulseOf({ url, token, strict = false, log = standardLog }: WorkerOptions): StartPulse {
  return threadPulse({ url, token, strict, log })
}

/** Resolves to nothing when the signal aborts. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

function plural(count: number): string {
  return count === 1 ? 'run' : 'runs'
}
