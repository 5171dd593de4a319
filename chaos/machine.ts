import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Preload } from './processes/preload.ts'

export interface MachineOptions {
  readonly name: string
  /** For its logs, its clock and its preload. */
  readonly directory: string
  /** A module in `processes/`. */
  readonly script: string
  readonly options: unknown
  readonly ledger: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * A server, or a worker with its children: real processes with a clock of their own, that come back whenever they end, as under a
 * supervisor.
 */
export class Machine implements AsyncDisposable {
  readonly name: string
  /** How often it was started. */
  starts = 0
  readonly #options: MachineOptions
  readonly #log: ReturnType<typeof createWriteStream>
  #child: ChildProcess | undefined
  #backAfterMs = 100
  #closed = false
  #supervision: Promise<void> = Promise.resolve()

  static async start(options: MachineOptions): Promise<Machine> {
    const machine = new Machine(options)
    await machine.#launch()
    return machine
  }

  private constructor(options: MachineOptions) {
    this.name = options.name
    this.#options = options
    this.#log = createWriteStream(this.logFile, { flags: 'a' })
    this.step(0)
    const { ledger, name } = options
    const preload: Preload = { ledger, clock: this.#file('clock'), machine: name }
    const module = path.join(import.meta.dirname, 'processes', 'preload.ts')
    writeFileSync(
      this.#file('preload.mjs'),
      `import { install } from ${JSON.stringify(module)}\ninstall(${JSON.stringify(preload)})\n`,
    )
  }

  get logFile(): string {
    return this.#file('log')
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** The processes that it started itself. */
  get children(): readonly number[] {
    return this.pid === undefined ? [] : childrenOf(this.pid)
  }

  /** The machine's wall clock is wrong by so many ms from now on. */
  step(ms: number): void {
    writeFileSync(this.#file('clock'), String(ms))
  }

  /** SIGKILL; it comes back after so many ms. */
  kill(backAfterMs: number): void {
    this.#end('SIGKILL', backAfterMs)
  }

  /** Asks it to end in good order; it comes back after so many ms. */
  end(backAfterMs: number): void {
    this.#end('SIGTERM', backAfterMs)
  }

  /** Stands still for so long: the process, and its children when the whole machine does. */
  async freeze(ms: number, withChildren: boolean): Promise<void> {
    const frozen = [...(this.pid === undefined ? [] : [this.pid]), ...(withChildren ? this.children : [])]
    await freeze(frozen, ms)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const left = this.children
    this.#child?.kill('SIGCONT')
    this.#child?.kill('SIGTERM')
    const late = setTimeout(() => this.#child?.kill('SIGKILL'), 5_000)
    await this.#supervision
    clearTimeout(late)
    for (const pid of left) signal(pid, 'SIGKILL')
    await new Promise((resolve) => this.#log.end(resolve))
  }

  #end(how: 'SIGKILL' | 'SIGTERM', backAfterMs: number): void {
    this.#backAfterMs = backAfterMs
    this.#child?.kill(how)
  }

  async #launch(): Promise<void> {
    this.starts++
    const { script, options, env } = this.#options
    const file = path.join(import.meta.dirname, 'processes', script)
    const child = spawn(process.execPath, [file, JSON.stringify(options)], {
      cwd: this.#options.directory,
      env: { ...plainEnvironment(), NODE_OPTIONS: `--conditions=source --import=${this.#file('preload.mjs')}`, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#log.write(`--- start ${this.starts} of ${this.name}, pid ${child.pid}\n`)
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => this.#log.write(chunk))
    this.#child = child
    this.#supervision = this.#supervise(child)
    await once(child, 'spawn')
  }

  async #supervise(child: ChildProcess): Promise<void> {
    const [code, how] = (await once(child, 'exit')) as [number | null, string | null]
    this.#log.write(`--- ended: ${how ?? code}\n`)
    this.#child = undefined
    if (this.#closed) return
    await delay(this.#backAfterMs)
    this.#backAfterMs = 100
    if (!this.#closed) await this.#launch()
  }

  #file(suffix: string): string {
    return path.join(this.#options.directory, `${this.name}.${suffix}`)
  }
}

/** Stops processes, and lets them go on after so many ms. */
export async function freeze(pids: readonly number[], ms: number): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGSTOP')
  await delay(ms)
  for (const pid of pids) signal(pid, 'SIGCONT')
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

/** Nothing of the user's own installation, and nothing of the test runner's. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:SLUICE_|NODE_|VITEST|TEST)/.test(name))
  return { ...Object.fromEntries(kept), NO_COLOR: '1' }
}
