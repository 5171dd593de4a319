import { isSluiceError, SluiceError, toStoredError } from '@sluice/core'
import type { RunRecord } from '@sluice/store'
import { parseParameters } from '../authoring/parameters.ts'
import { requireFlow } from '../authoring/registry.ts'
import type { Outcome } from '../call/attempts.ts'
import { CallFuture } from '../call/future.ts'
import type { Definition } from '../authoring/definition.ts'
import type { RunHome } from '../home/run-home.ts'
import { CancelScope } from '../scope/cancel-scope.ts'
import type { AnyFlow, Reporter } from '../types.ts'
import { claimedBeginning } from './claimed-beginning.ts'
import { readPatiently } from './patience.ts'
import { type Beginning, RootRun } from './root-run.ts'
import { runRoot } from './run-root.ts'
import { RunSuspended } from './run-suspended.ts'

export interface ExecuteOptions {
  readonly home: RunHome
  readonly flow: AnyFlow
  /** As it was claimed: its epoch is ours. */
  readonly run: RunRecord
  readonly reporter?: Reporter
  /** A run that only waits ends here with `suspended`: for a process that has nothing else to do, and exits then. Default false. */
  readonly maySuspend?: boolean
  /** Ctrl-C and SIGTERM cancel the run: in a process of its own. Default false. */
  readonly signals?: boolean
}

/** A claimed run in this process. */
export interface Execution {
  cancel(reason: Error): void
  /** Never rejects. */
  readonly end: Promise<RunEnd>
}

export type RunEnd =
  /** Its end is journaled. */
  | { readonly kind: 'ended'; readonly outcome: Outcome }
  /** It waits for something and has given up this process, which must exit: code of its body may still hang in it. */
  | { readonly kind: 'suspended' }
  /** This process cannot go on with it: another owner has it, or its store stayed away. Nothing is journaled any more. */
  | { readonly kind: 'lost'; readonly error: SluiceError }

const silent: Reporter = { event: () => undefined }

/** Runs what a worker has claimed: from its beginning, or from its checkpoints when an earlier epoch left some. */
export function executeRun(options: ExecuteOptions): Execution {
  const { run, home } = options
  const definition = requireFlow(options.flow)
  const cancel = new CancelScope()
  const owner = { id: run.id, edges: { ids: [], more: 0 }, after: [], cancel: (reason: Error) => cancel.abort(reason) }
  const future = new CallFuture<unknown>(definition.name, owner, run.state)
  // Its outcome is told by `end`.
  future.catch(() => undefined)
  const begun = claimedBeginning(run, home.settings.platform.now())
  const root = new RootRun(
    { home, definition, future, reporter: options.reporter ?? silent, cancel, maySuspend: options.maySuspend ?? false },
    run,
    begun.resumed,
  )
  const end = (async (): Promise<RunEnd> => {
    try {
      const outcome = await runRoot(root, {
        ...(await withParameters(root, definition, begun.beginning)),
        crashed: begun.crashed,
        signals: options.signals ?? false,
      })
      if (outcome.ok) future.resolve(outcome.value)
      else future.reject(outcome.error)
      return { kind: 'ended', outcome }
    } catch (error) {
      future.reject(error)
      if (error instanceof RunSuspended) return { kind: 'suspended' }
      return { kind: 'lost', error: asLoss(run.id, error) }
    }
  })()
  return { cancel: (reason) => root.cancel(reason), end }
}

/**
 * Parsed once, by the first epoch that comes to run the flow, and journaled with its start. What the schema refuses is the
 * run's end.
 */
async function withParameters(
  root: RootRun,
  definition: Definition,
  beginning: Omit<Beginning, 'parameters'>,
): Promise<Beginning> {
  const given = await readPatiently(root, () => root.values.decode(root.record.parameters))
  if (root.record.startedAt !== null || !beginning.opening) return { ...beginning, parameters: given }
  try {
    const parameters = await parseParameters(definition, given)
    const stored = await root.values.encode(parameters, `the parameters of ${definition.name}`)
    const name = root.record.name ?? definition.runName?.(parameters) ?? null
    return { ...beginning, parameters, opening: { ...beginning.opening, parameters: stored, name } }
  } catch (error) {
    return { ...beginning, parameters: given, refused: { error } }
  }
}

function asLoss(id: string, error: unknown): SluiceError {
  return isSluiceError(error)
    ? error
    : new SluiceError('RUN_CRASHED', { run: id, problem: toStoredError(error).message }, { cause: error })
}
