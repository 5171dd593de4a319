import type { Assignment } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import type { ChildEnd } from '../child/messages.ts'
import { startEngineRun } from '../engine-run.ts'
import type { Exit, KillReason, LaunchedRun, Launcher, LaunchIo } from '../launch/launcher.ts'
import { type LaunchPlan, planLaunch } from '../launch/launch-plan.ts'
import type { WorkerPlatform } from '../platform.ts'
import { type CodePlace, CodePlaces } from '../source/code-places.ts'

export interface InlineLauncherOptions {
  readonly home: string
  readonly project: string
  readonly platform: WorkerPlatform
}

/**
 * Runs flows in the worker's own process: milliseconds from claim to code, and no isolation. A run that is killed is only given up: its
 * code goes on until its next journaled step finds that another epoch has begun.
 */
export function inlineLauncher({ home, project, platform }: InlineLauncherOptions): Launcher {
  const places = new CodePlaces(home, () => platform.newId())
  const versions = new ImportedVersions(places)
  return {
    async launch(assignment, io) {
      const plan = await planLaunch(assignment, { places, project })
      refuseOwnProcess(plan)
      const code = await versions.placeOf(plan)
      return launchHere(assignment, io, { ...plan, code }, platform)
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

function launchHere(
  assignment: Assignment,
  io: LaunchIo,
  { code, entrypoint }: LaunchPlan,
  platform: WorkerPlatform,
): LaunchedRun {
  const { promise: killed, resolve: giveUp } = Promise.withResolvers<Exit>()
  const run = startEngineRun({
    assignment,
    urls: io.urls,
    project: code.project,
    entrypoint,
    leaseUntil: io.leaseUntil,
    monotonic: () => platform.monotonic(),
    maySuspend: false,
    line: (level, text) => io.line({ from: 'told', level, text }),
    started: () => io.started?.(),
  })
  return {
    exited: Promise.race([run.end.then(exitOf), killed]),
    lease: (until) => run.lease(until),
    cancel: (reason) => run.cancel(reason),
    terminate: () => undefined,
    kill: (reason) => giveUp({ kind: 'died', reason, message: told[reason], lastLines: [] }),
  }
}

const told: Readonly<Record<KillReason, string>> = {
  timedOut: 'It took longer than its time limit.',
  cancelled: 'It was cancelled and did not stop by itself.',
  drained: 'Its worker stops: it goes on elsewhere.',
  lost: 'The run belongs to another worker.',
  disowned: 'It is given up: the server does not accept this worker any more.',
}

function exitOf(end: ChildEnd): Exit {
  if (end.kind !== 'launchFailed') return end
  return { kind: 'died', reason: 'launchFailed', message: end.message, lastLines: [] }
}

/** An environment or a heap of its own needs a process of its own. */
function refuseOwnProcess({ env, memoryMb }: LaunchPlan): void {
  const option = memoryMb !== undefined ? 'memoryMb' : Object.keys(env).length > 0 ? 'env' : undefined
  if (option === undefined) return
  const problem = `job variable ${option}: an inline worker runs flows in its own process: use a worker that starts one for each run`
  throw new SluiceError('LAUNCH_FAILED', { problem })
}

/** A module is imported once in a process. Another version of it is imported from another directory: the copy that was kept. */
class ImportedVersions {
  readonly #imported = new Map<string, string>()
  readonly #places: CodePlaces

  constructor(places: CodePlaces) {
    this.#places = places
  }

  async placeOf({ code, file }: LaunchPlan): Promise<CodePlace> {
    const key = `${code.project}\0${file}`
    const imported = this.#imported.get(key)
    if (imported !== undefined && imported !== code.hash) return this.#places.aside(code, file)
    this.#imported.set(key, code.hash)
    return code
  }
}
