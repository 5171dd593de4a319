import type { Assignment } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import path from 'node:path'
import { makeHome } from '../make-home.ts'
import { type WorkerPlatform, systemPlatform, thisMachine } from '../platform.ts'
import { CodePlaces } from '../source/code-places.ts'
import { childEnvironment } from './child-environment.ts'
import type { Launcher, LaunchedRun, LaunchIo } from './launcher.ts'
import { type LaunchPlan, planLaunch } from './launch-plan.ts'
import { type Done, RunProcess } from './run-process.ts'

export interface ProcessLauncherOptions {
  /** The `.sluice` directory: kept versions, compile cache, large values. */
  readonly home: string
  /** Where the code of runs without a source directory is. */
  readonly project: string
  /** How many runs of one deployment version may follow each other in one process. Default 20; 1: none. */
  readonly reuse?: number
  /** How long a process waits for the next one. Default one minute. */
  readonly idleMs?: number
  /** Most processes that wait. Default 4. */
  readonly maxIdle?: number
  /** One process is kept ready that has loaded the engine. Default true. */
  readonly spare?: boolean
  readonly platform?: WorkerPlatform
}

interface Idle {
  readonly key: string
  readonly process: RunProcess
  readonly forget: () => void
}

/**
 * One process per run, reused for runs of the same deployment version: never after a crash, a time-out, a cancellation, or a run
 * that left timers or sockets behind.
 */
export function processLauncher(options: ProcessLauncherOptions): Launcher {
  return new ProcessLauncher(options)
}

class ProcessLauncher implements Launcher {
  readonly #options: Required<ProcessLauncherOptions>
  readonly #places: CodePlaces
  readonly #env: Readonly<Record<string, string>>
  readonly #all = new Set<RunProcess>()
  #idle: readonly Idle[] = []
  #spare: Promise<RunProcess | undefined> | undefined
  #closed = false

  constructor(options: ProcessLauncherOptions) {
    const defaults = { reuse: 20, idleMs: 60_000, maxIdle: 4, spare: true, platform: systemPlatform }
    this.#options = { ...defaults, ...options }
    const { home, platform } = this.#options
    makeHome(home)
    this.#places = new CodePlaces(home, () => platform.newId())
    this.#env = childEnvironment({ own: thisMachine.env, compileCache: path.join(home, 'compile-cache') })
    this.#keepSpare()
  }

  async launch(assignment: Assignment, io: LaunchIo): Promise<LaunchedRun> {
    const plan = await planLaunch(assignment, { places: this.#places, project: this.#options.project })
    const process = await this.#processFor(plan)
    const { code, entrypoint, env } = plan
    const order = { assignment, urls: io.urls, project: code.project, cwd: code.cwd, entrypoint, env }
    let wasCancelled = false
    const done = process.run(
      { ...order, leaseUntil: io.leaseUntil },
      {
        line: (line) => io.line(line),
        started: () => {
          io.started?.()
          this.#keepSpare()
        },
      },
    )
    return {
      exited: done.then((end) => this.#after(process, plan.key, end, wasCancelled)),
      lease: (until) => process.send({ kind: 'lease', until }),
      cancel: (reason) => {
        wasCancelled = true
        process.send({ kind: 'cancel', reason })
      },
      terminate: () => process.terminate(),
      kill: (reason) => process.kill(reason),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const spare = await this.#spare
    const waiting = this.#idle.map((idle) => idle.process)
    for (const idle of this.#idle) idle.forget()
    this.#idle = []
    await Promise.all([...waiting, ...(spare === undefined ? [] : [spare])].map((each) => each.end()))
  }

  /** One that ran the same code before, else the spare, else a new one. */
  async #processFor(plan: LaunchPlan): Promise<RunProcess> {
    const known = this.#idle.findLast(({ key, process }) => key === plan.key && process.alive)
    if (known) {
      this.#forget(known)
      return known.process
    }
    const spare = isPlain(plan) ? await this.#takeSpare() : undefined
    return spare ?? this.#start({ ...this.#env, ...plan.env }, plan.memoryMb, plan.code.cwd)
  }

  async #takeSpare(): Promise<RunProcess | undefined> {
    const spare = this.#spare
    this.#spare = undefined
    const process = await spare
    return process?.alive === true ? process : undefined
  }

  #keepSpare(): void {
    if (!this.#options.spare || this.#closed || this.#spare) return
    this.#spare = this.#start(this.#env, undefined, this.#options.project).catch(() => undefined)
  }

  async #start(env: Readonly<Record<string, string>>, memoryMb: number | undefined, cwd: string): Promise<RunProcess> {
    try {
      const process = await RunProcess.start({ env, memoryMb, cwd, platform: this.#options.platform })
      this.#all.add(process)
      void process.gone.then(() => this.#all.delete(process))
      return process
    } catch (cause) {
      throw new SluiceError('LAUNCH_FAILED', { problem: String(cause) }, { cause })
    }
  }

  async #after(process: RunProcess, key: string, { exit, clean }: Done, cancelled: boolean): Promise<Done['exit']> {
    const { reuse } = this.#options
    if (clean && !cancelled && process.runs < reuse && !this.#closed) this.#keep(process, key)
    else await process.end()
    return exit
  }

  #keep(process: RunProcess, key: string): void {
    const { idleMs, maxIdle, platform } = this.#options
    const idle: Idle = { key, process, forget: platform.after(idleMs, () => this.#letGo(idle), true) }
    this.#idle = [...this.#idle, idle]
    const [oldest] = this.#idle
    if (oldest && this.#idle.length > maxIdle) this.#letGo(oldest)
  }

  #letGo(idle: Idle): void {
    this.#forget(idle)
    void idle.process.end()
  }

  #forget(idle: Idle): void {
    idle.forget()
    this.#idle = this.#idle.filter((each) => each !== idle)
  }
}

/** What a process that is running already can still become. */
function isPlain({ memoryMb, env }: LaunchPlan): boolean {
  return memoryMb === undefined && !Object.keys(env).some((name) => name.startsWith('NODE_') || name === 'PATH')
}
