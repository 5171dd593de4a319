import type { Assignment } from '@sluice/api'
import { isSluiceError, SluiceError, toStoredError } from '@sluice/core'
import { createLease, executeRun, type Execution, type RenewableLease, type Reporter } from '@sluice/engine'
import { openRunHome } from '@sluice/engine/remote'
import { loadFlow, loadRecordedFlow } from '@sluice/engine/loading'
import type { ChildEnd } from './child/messages.ts'

export interface EngineRunOptions {
  readonly assignment: Assignment
  readonly urls: readonly string[]
  readonly project: string
  readonly entrypoint: string
  readonly leaseUntil: number
  /** The clock of the lease. */
  readonly monotonic: () => number
  /** The process may end while the run waits: it has no other. */
  readonly maySuspend: boolean
  readonly line: (level: number, text: string) => void
  readonly started: () => void
}

/** An assigned run, run by the engine of this process. */
export interface EngineRun {
  lease(until: number): void
  cancel(reason: string): void
  /** Never rejects. */
  readonly end: Promise<ChildEnd>
}

/** Loads the flow of an assigned run and runs it with a journal over HTTP. */
export function startEngineRun(options: EngineRunOptions): EngineRun {
  const lease = createLease(options.monotonic, options.leaseUntil)
  const { id } = options.assignment.run
  let execution: Execution | undefined
  let cancelReason: string | undefined
  const cancel = (reason: string): void => {
    cancelReason = reason
    execution?.cancel(new SluiceError('RUN_CANCELLED', { run: id, problem: reason }))
  }
  const run = async (): Promise<ChildEnd> => {
    await using home = homeOf(options, lease)
    const flow = await loadAssigned(options)
    options.started()
    execution = executeRun({
      home,
      flow,
      run: options.assignment.run,
      reporter: lineReporter(options),
      maySuspend: options.maySuspend,
    })
    if (cancelReason !== undefined) cancel(cancelReason)
    const end = await execution.end
    if (end.kind === 'lost') return { kind: 'lost', code: end.error.code, message: end.error.message }
    if (end.kind === 'suspended') return { kind: 'suspended' }
    return { kind: 'ended', state: end.outcome.ok ? 'Completed' : end.outcome.name }
  }
  return { lease: (until) => lease.extend(until), cancel, end: run().catch(notLaunched) }
}

/** What the flow's code and its engine log, for the worker's own log. */
function lineReporter({ line }: EngineRunOptions): Reporter {
  return {
    event(event) {
      if (event.kind === 'log' && event.level >= 30) line(event.level, `${event.source}: ${event.message}`)
    },
  }
}

function homeOf(
  { assignment, urls, project }: EngineRunOptions,
  lease: RenewableLease,
): ReturnType<typeof openRunHome> {
  const { run, token, secretKey, previousSecretKeys, deployment } = assignment
  return openRunHome({
    url: urls.join(','),
    token,
    rootId: run.id,
    project,
    secretKey,
    ...(previousSecretKeys && { previousSecretKeys }),
    lease,
    ...(deployment !== null && { deployment }),
  })
}

function loadAssigned({ entrypoint, assignment, project }: EngineRunOptions): ReturnType<typeof loadFlow> {
  const { flow } = assignment.run
  // A script's run was recorded under its flow's own name; a deployment names the export.
  return entrypoint.endsWith(`:${flow}`)
    ? loadRecordedFlow({ entrypoint, flow }, project)
    : loadFlow(entrypoint, project)
}

function notLaunched(error: unknown): ChildEnd {
  const message = isSluiceError(error) ? `${error.code}: ${error.message}` : toStoredError(error).message
  return { kind: 'launchFailed', message }
}
