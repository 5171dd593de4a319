import type { Assignment, ExitReport } from '@sluice/api'
import { type ErrorCode, isSluiceError, SluiceError } from '@sluice/core'
import { shortId } from '@sluice/engine/report'
import type { HeldRun } from './heartbeats.ts'
import { readJobVariables } from './launch/job-variables.ts'
import type { Exit, KillReason, LaunchedRun, Launcher } from './launch/launcher.ts'
import type { WorkerPlatform } from './platform.ts'
import { RunOutput } from './run-output.ts'
import type { ServerLink } from './server-link.ts'
import { untilAnswered } from './until-answered.ts'
import type { WorkerLog } from './worker-log.ts'

export interface RunSurroundings {
  readonly worker: string
  readonly link: ServerLink
  readonly launcher: Launcher
  readonly platform: WorkerPlatform
  readonly log: WorkerLog
  /** How long a cancelled run may take to clean up before its process is asked, and then made, to end. */
  readonly graceMs: number
  readonly leaseUntil: number
  /** What the heartbeats tell of it is not as it was. */
  changed(): void
}

/** Between the end of a run in the journal and the end in its process. */
const dropAfterMs = 500
/** Between SIGTERM and SIGKILL. */
const killAfterMs = 10_000

/** One run that a worker holds, from its claim until the server has heard how its process ended. */
export class SupervisedRun implements HeldRun {
  readonly id: string
  readonly epoch: number
  readonly flow: string
  readonly assignment: Assignment
  /** Nothing of it executes any more: there is room for another. */
  readonly over: Promise<void>
  /** It need not be told to the server any more. Never rejects. */
  readonly released: Promise<void>
  timeUpAt: number | undefined
  readonly #around: RunSurroundings
  readonly #output: RunOutput
  readonly #dropped = new AbortController()
  readonly #timers = new Set<() => void>()
  #launched: LaunchedRun | undefined
  #leaseUntil: number
  #killed: KillReason | undefined
  #cancelReason: string | undefined
  #isOver = false

  constructor(assignment: Assignment, around: RunSurroundings) {
    this.id = assignment.run.id
    this.epoch = assignment.run.epoch
    this.flow = assignment.run.flow
    this.assignment = assignment
    this.#around = around
    this.#leaseUntil = around.leaseUntil
    this.#output = new RunOutput(assignment, around)
    const exit = this.#execute()
    this.over = exit.then(() => undefined)
    this.released = exit.then((how) => this.#report(how))
  }

  /** `01a1ff19-e4a9-71f3 ingest`: how the worker's log names it, with an id that commands take. */
  get label(): string {
    return `${shortId(this.id)} ${this.flow}`
  }

  lease(untilMs: number): void {
    this.#leaseUntil = untilMs
    this.#launched?.lease(untilMs)
  }

  /** Once told, twice the same: the engine, then after `graceMs` SIGTERM, then the end of the whole process group. */
  cancel(reason: string): void {
    if (this.#cancelReason !== undefined) return
    this.#cancelReason = reason
    this.#launched?.cancel(reason)
    this.#after(this.#around.graceMs, () => this.#launched?.terminate())
    this.#after(this.#around.graceMs + killAfterMs, () => this.kill('cancelled'))
  }

  /** The server says that it is not ours: its end may be journaled and not yet told here, so its process gets a moment to say so. */
  drop(): void {
    this.#dropped.abort()
    this.#after(dropAfterMs, () => this.kill('lost'))
  }

  /** Ends it at once. */
  kill(reason: KillReason): void {
    if (isNotOurs(reason)) this.#dropped.abort()
    this.#killed ??= reason
    this.#launched?.kill(reason)
  }

  async #execute(): Promise<Exit> {
    try {
      const { timeLimitMs } = readJobVariables(this.assignment.jobVariables)
      return await this.#launchAndWait(timeLimitMs)
    } catch (error) {
      return notLaunched(error)
    } finally {
      this.#isOver = true
      for (const cancel of this.#timers) cancel()
    }
  }

  async #launchAndWait(timeLimitMs: number | undefined): Promise<Exit> {
    const launched = await this.#around.launcher.launch(this.assignment, {
      urls: this.#around.link.urls,
      leaseUntil: this.#leaseUntil,
      line: (line) => this.#output.add(line),
    })
    this.#launched = launched
    // What came while it was being launched.
    launched.lease(this.#leaseUntil)
    if (this.#cancelReason !== undefined) launched.cancel(this.#cancelReason)
    if (this.#killed !== undefined) launched.kill(this.#killed)
    if (timeLimitMs !== undefined) this.#limitTime(timeLimitMs)
    return launched.exited
  }

  #limitTime(ms: number): void {
    this.timeUpAt = this.#around.platform.monotonic() + ms
    this.#around.changed()
    this.#after(ms, () => this.kill('timedOut'))
  }

  async #report(exit: Exit): Promise<void> {
    await this.#output.close()
    const report = reportOf(exit)
    this.#tell(exit, report)
    if (!report || this.#dropped.signal.aborted) return
    const { link, worker, platform } = this.#around
    try {
      await untilAnswered(() => link.reportExit(worker, { run: this.id, epoch: this.epoch, ...report }), {
        platform,
        signal: this.#dropped.signal,
      })
    } catch {
      // Dropped meanwhile, or this worker is not known any more: the server takes the run back by itself.
    }
  }

  #tell(exit: Exit, report: Report | undefined): void {
    const { log } = this.#around
    if (exit.kind === 'ended') log('info', `${this.label}: ${exit.state}`)
    else if (exit.kind === 'suspended') log('info', `${this.label}: suspended`)
    else log(report ? 'error' : 'warn', `${this.label}: ${exit.message}`)
  }

  #after(ms: number, fn: () => void): void {
    if (!this.#isOver) this.#timers.add(this.#around.platform.after(ms, fn))
  }
}

type Report = Omit<ExitReport, 'run' | 'epoch'>

/** What the server must hear; undefined when the journal has told it, or when the run is not ours to speak about. */
function reportOf(exit: Exit): Report | undefined {
  if (exit.kind === 'ended' || exit.kind === 'suspended') return undefined
  if (exit.kind === 'lost')
    return exit.code === 'RUN_FENCED' ? undefined : { reason: 'crashed', message: exit.message, lastLines: [] }
  const { reason, message, exitCode, signal, lastLines } = exit
  if (isNotOurs(reason)) return undefined
  return {
    reason: reason === 'cancelled' ? 'crashed' : reason,
    message: message.slice(0, 10_000),
    lastLines: lastLines.slice(-50).map((line) => line.slice(0, 10_000)),
    ...(exitCode !== undefined && { exitCode }),
    ...(signal !== undefined && { signal }),
  }
}

function isNotOurs(reason: string): reason is 'lost' | 'disowned' {
  return reason === 'lost' || reason === 'disowned'
}

/** Another machine may have the copy that is missing here, and room for another process. */
const ofThisMachine: ReadonlySet<ErrorCode> = new Set(['VERSION_NOT_HERE', 'LAUNCH_FAILED'])

function notLaunched(error: unknown): Exit {
  const told = isSluiceError(error) ? error : new SluiceError('LAUNCH_FAILED', { problem: String(error) })
  const reason = ofThisMachine.has(told.code) ? 'notHere' : 'launchFailed'
  return { kind: 'died', reason, message: `${told.code}: ${told.message}`, lastLines: [] }
}
