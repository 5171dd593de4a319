import { sibling } from '@sluice/engine'
import { type ChildProcess, spawn } from 'node:child_process'
import type { ChildEnd, FromChild, RunOrder, ToChild } from '../child/messages.ts'
import { nextTurn, type WorkerPlatform } from '../platform.ts'
import { deathOf } from './death.ts'
import { LastLines } from './last-lines.ts'
import type { Exit, KillReason, LaunchIo } from './launcher.ts'
import { residentMb } from './resident-memory.ts'

export interface RunProcessOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly memoryMb: number | undefined
  readonly platform: WorkerPlatform
}

/** What a process can do after a run. */
export interface Done {
  readonly exit: Exit
  /** Nothing of the run is left in it: it may have another. */
  readonly clean: boolean
}

interface Current {
  readonly io: Pick<LaunchIo, 'line' | 'started'>
  readonly done: (done: Done) => void
}

export type ProcessKill = KillReason | 'outOfMemory'

const exitAfterMs = 2_000
const closeAfterMs = 500
const memoryCheckMs = 500

/**
 * A process that runs flows, one run at a time, in a process group of its own: what it starts ends with it. It is its parent's
 * in every other way too: no terminal, no input, an environment that was chosen.
 */
export class RunProcess {
  readonly pid: number
  /** Settles when nothing of its group runs any more. */
  readonly gone: Promise<void>
  runs = 0
  readonly #child: ChildProcess
  readonly #options: RunProcessOptions
  readonly #output = new LastLines()
  #ready = false
  #killed: ProcessKill | undefined
  #current: Current | undefined
  #sink: Current['io'] | undefined
  #stopWatch: (() => void) | undefined

  /** Rejects when the machine has no room for another process. */
  static async start(options: RunProcessOptions): Promise<RunProcess> {
    const { file, nodeArgs } = sibling('../child/main', import.meta.url)
    const heap = options.memoryMb === undefined ? [] : [`--max-old-space-size=${options.memoryMb}`]
    const child = spawn(process.execPath, [...nodeArgs, ...heap, file], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    return new RunProcess(child, options)
  }

  private constructor(child: ChildProcess, options: RunProcessOptions) {
    this.#child = child
    this.#options = options
    this.pid = child.pid ?? 0
    child.on('error', () => undefined)
    child.on('message', (message) => this.#heard(message as FromChild))
    for (const from of ['stdout', 'stderr'] as const)
      child[from]?.setEncoding('utf8').on('data', (chunk: string) => this.#tell(from, this.#output.add(from, chunk)))
    this.gone = new Promise((resolve) => {
      child.once('exit', (code, signal) => void this.#exited(code, signal).then(resolve))
    })
    if (options.memoryMb !== undefined) this.#watchMemory(options.memoryMb * 1.5 + 128)
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected
  }

  /** Takes a run; resolves when it is over here, one way or another. */
  run(order: RunOrder, io: Current['io']): Promise<Done> {
    this.runs++
    this.#output.clear()
    this.#sink = io
    return new Promise((done) => {
      this.#current = { io, done }
      this.send({ kind: 'run', order })
    })
  }

  send(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  /** SIGTERM to the whole group. */
  terminate(): void {
    this.#signal('SIGTERM')
  }

  /** The end of the whole group, at once. */
  kill(reason: ProcessKill): void {
    this.#killed ??= reason
    this.#signal('SIGKILL')
  }

  /** Lets an idle process go. */
  async end(): Promise<void> {
    this.send({ kind: 'end' })
    const cancel = this.#options.platform.after(exitAfterMs, () => this.#signal('SIGKILL'))
    await this.gone
    cancel()
  }

  #heard(message: FromChild): void {
    if (message.kind === 'ready') this.#ready = true
    else if (message.kind === 'started') this.#current?.io.started?.()
    else if (message.kind === 'line') this.#sink?.line({ from: 'told', level: message.level, text: message.text })
    else {
      const { end, leftovers } = message
      // What it has printed is still on its way through another pipe.
      nextTurn(() => nextTurn(() => this.#over(end, leftovers)))
    }
  }

  #over(end: ChildEnd, leftovers: readonly string[]): void {
    this.#tellRest()
    const clean = end.kind === 'ended' && leftovers.length === 0 && this.#killed === undefined && this.alive
    this.#finish({ exit: exitOf(end, this.#output.last), clean })
  }

  async #exited(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    this.#stopWatch?.()
    const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()))
    // Whatever it started and did not end. The group's number stays taken as long as anybody is in it.
    this.#signal('SIGKILL')
    let cancel: (() => void) | undefined
    const late = new Promise<void>((resolve) => (cancel = this.#options.platform.after(closeAfterMs, resolve)))
    await Promise.race([closed, late])
    cancel?.()
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    this.#tellRest()
    const lastLines = this.#output.last
    const exit = deathOf({ code, signal, killed: this.#killed, ready: this.#ready, lastLines })
    this.#finish({ exit, clean: false })
  }

  #finish(done: Done): void {
    const current = this.#current
    this.#current = undefined
    current?.done(done)
  }

  #tell(from: 'stdout' | 'stderr', lines: readonly string[]): void {
    for (const text of lines) this.#sink?.line({ from, level: from === 'stderr' ? 50 : 30, text })
  }

  #tellRest(): void {
    for (const [from, text] of this.#output.rest()) this.#tell(from, [text])
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal)
    } catch {
      // Nobody is left in the group.
    }
  }

  /** The heap has its own limit; what lies outside it (buffers, native code) only shows here. */
  #watchMemory(limitMb: number): void {
    this.#stopWatch = this.#options.platform.after(
      memoryCheckMs,
      () => {
        if ((residentMb(this.pid) ?? 0) > limitMb) this.kill('outOfMemory')
        else this.#watchMemory(limitMb)
      },
      true,
    )
  }
}

function exitOf(end: ChildEnd, lastLines: readonly string[]): Exit {
  if (end.kind !== 'launchFailed') return end
  return { kind: 'died', reason: 'launchFailed', message: end.message, lastLines }
}
