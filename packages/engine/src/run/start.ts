import { isSluiceError, type Micros, SluiceError, type State, stateOf, toStoredError, transition } from '@sluice/core'
import type { RunOrigin, RunRecord, StoredValue } from '@sluice/store'
import type { Outcome } from '../call/attempts.ts'
import { CancelScope } from '../scope/cancel-scope.ts'
import type { Definition } from '../authoring/definition.ts'
import { CallFuture } from '../call/future.ts'
import { type OpenHome, sharedHome } from '../home/home.ts'
import type { ContinueOptions, StartOptions } from '../host.ts'
import { checkNotImporting } from '../authoring/importing.ts'
import { localDuties, type LocalRuns } from './local-duties.ts'
import { maskedError } from './masked-error.ts'
import { parseParameters } from '../authoring/parameters.ts'
import { systemPlatform, thisProcess } from '../platform.ts'
import { liveness, ownerOfThisProcess } from './process-identity.ts'
import { requireFlow } from '../authoring/registry.ts'
import { type FirstAttempt, firstAttempt, retriedByHand } from '../call/resumed-attempts.ts'
import { applyRetention } from './retention.ts'
import { planRetry } from './retry-plan.ts'
import { RootRun } from './root-run.ts'
import { runRoot } from './run-root.ts'
import { markDeadRuns } from './dead-runs.ts'
import { sharedReporter } from './shared-reporter.ts'
import type { AnyFlow, Reporter, TaskFuture } from '../types.ts'

/** A flow called in a plain script: a root run in the project's home, told to the terminal. */
export function startScriptRun(definition: Definition, parameters: unknown): CallFuture<unknown> {
  checkNotImporting(definition)
  const prepared = async (): Promise<Prepared> => {
    const [home, reporter] = await Promise.all([sharedHome(), sharedReporter()])
    return { home, reporter, options: {} }
  }
  return launch(definition, prepared, (context) => createRecord(definition, parameters, context))
}

/** Starts a root run of `flow` with explicit home and reporter. */
export function startRun(flow: AnyFlow, parameters: unknown, options: StartOptions): TaskFuture<unknown> {
  const definition = requireFlow(flow)
  const prepared = async (): Promise<Prepared> => ({
    home: options.home as OpenHome,
    reporter: options.reporter ?? (await sharedReporter()),
    options,
  })
  return launch(definition, prepared, (context) => createRecord(definition, parameters, context))
}

/**
 * Goes on with a root run whose process is gone or that ended without success, in this process. Rejects with
 * `RUN_STILL_OWNED` or `RUN_NOT_RETRYABLE` when it may not.
 */
export function continueRun(options: ContinueOptions): TaskFuture<unknown> {
  const definition = requireFlow(options.flow)
  const prepared = async (): Promise<Prepared> => ({
    home: options.home as OpenHome,
    reporter: options.reporter ?? (await sharedReporter()),
    options: {},
  })
  return launch(definition, prepared, (context) => claimRecord(options, context.home), options.run.id)
}

interface Prepared {
  readonly home: OpenHome
  readonly reporter: Reporter
  readonly options: RecordOptions
}

interface RecordOptions extends Partial<StartOptions> {
  readonly name?: string
  /** The root run that started it. */
  readonly startedBy?: string
}

type Continuing = Pick<ContinueOptions, 'run' | 'mode' | 'from' | 'force'>

interface Begun {
  readonly record: RunRecord
  readonly parameters: unknown
  readonly resumed: boolean
  readonly crashed: boolean
  readonly first: FirstAttempt
}

interface Context extends Prepared {
  readonly id: string
}

function launch(
  definition: Definition,
  prepare: () => Promise<Prepared>,
  begin: (context: Context) => Promise<Begun>,
  knownId?: string,
): CallFuture<unknown> {
  const id = knownId ?? systemPlatform.newId()
  const cancel = new CancelScope()
  const owner = { id, edges: { ids: [], more: 0 }, after: [], cancel: (reason: Error) => cancel.abort(reason) }
  const future = new CallFuture<unknown>(definition.name, owner, stateOf('Pending', systemPlatform.now()))
  void runToEnd(definition, prepare, begin, future, cancel).then(
    (outcome) => (outcome.ok ? future.resolve(outcome.value) : future.reject(maskedError(outcome.error))),
    (error: unknown) => future.reject(error),
  )
  return future
}

async function runToEnd(
  definition: Definition,
  prepare: () => Promise<Prepared>,
  begin: (context: Context) => Promise<Begun>,
  future: CallFuture<unknown>,
  cancel: CancelScope,
): Promise<Outcome> {
  const prepared = await prepare()
  const context = { ...prepared, id: prepared.options.id ?? future.id }
  const { record, parameters, resumed, crashed, first } = await begin(context)
  future.state = record.state
  const local = localDuties(context.home, localRuns(context), () => {
    void local.settleWaits().then(() => root.watching.look())
  })
  const root = new RootRun(
    { home: context.home, definition, future, reporter: context.reporter, cancel, local },
    record,
    resumed,
  )
  root.lingering.add(tidy(context.home))
  try {
    return await runRoot(root, { parameters, first, crashed, signals: true })
  } catch (error) {
    await leaveCrashed(context.home, record, error)
    throw error
  }
}

/** Runs that a flow of this process starts run beside it. */
function localRuns({ home, reporter }: Prepared): LocalRuns {
  const prepared = async (): Promise<Prepared> => ({ home, reporter, options: {} })
  return {
    async begin(definition, request) {
      const { id, tags, name, by } = request
      const options = { tags, ...(name !== undefined && { name }), startedBy: by.rootId }
      const given = await home.values.decode(request.parameters)
      const begun = await createRecord(definition, given, { home, reporter, id, options })
      return { future: launch(definition, prepared, async () => begun, id) }
    },
    goOn: (definition, run) => launch(definition, prepared, () => claimRecord({ run, mode: 'resume' }, home), run.id),
  }
}

/** This process cannot go on with a run that is still its own: whoever looks next finds it Crashed and may continue it. */
async function leaveCrashed(home: OpenHome, { id, epoch }: RunRecord, error: unknown): Promise<void> {
  if (isSluiceError(error, 'RUN_FENCED')) return
  const message = toStoredError(error).message
  await home.store
    .markCrashed({ id, expectedEpoch: epoch, at: home.settings.platform.now(), message })
    .catch(() => false)
}

/** What every process that runs flows does for the others, beside its own work. */
async function tidy(home: OpenHome): Promise<void> {
  try {
    await markDeadRuns(home)
    await applyRetention(home)
  } catch {
    // The next process tries again.
  }
}

/** Validates, and records the run before any of its code runs. */
async function createRecord(definition: Definition, given: unknown, { home, id, options }: Context): Promise<Begun> {
  const parameters = await parseParameters(definition, given)
  const stored = await home.values.encode(parameters, `the parameters of ${definition.name}`)
  const record = newRecord(definition, home, id, stored, options, options.name ?? runName(definition, parameters))
  await home.store.createRun(record)
  return { record, parameters, resumed: false, crashed: false, first: { attempt: 1, notBefore: 0 } }
}

function runName(definition: Definition, parameters: unknown): string | null {
  return definition.runName?.(parameters) ?? null
}

function newRecord(
  definition: Definition,
  home: OpenHome,
  id: string,
  parameters: StoredValue,
  options: RecordOptions,
  name: string | null,
): RunRecord {
  const at = home.settings.platform.now()
  const state = stateOf('Running', at)
  return {
    id,
    rootId: id,
    workspace: 'default',
    createdBy: thisProcess.env['USER'] ?? 'unknown',
    parentId: null,
    parentTaskId: null,
    key: null,
    flow: definition.name,
    flowVersion: definition.version ?? null,
    name,
    description: definition.description ?? null,
    entrypoint:
      definition.file === undefined ? null : `${relativeTo(home.project, definition.file)}:${definition.name}`,
    parameters,
    tags: [...definition.tags, ...(options.tags ?? [])],
    state,
    timeline: [[state.name, state.at]],
    attempt: 1,
    result: null,
    error: null,
    unhandled: [],
    upstream: { data: [], after: [] },
    createdAt: at,
    startedAt: at,
    endedAt: null,
    owner: ownerOfThisProcess(),
    rerunOf: options.rerunOf ?? null,
    epoch: 1,
    journalSeq: 0,
    seq: null,
    crashCount: 0,
    nondeterministic: false,
    checkpoint: true,
    ...(options.startedBy !== undefined && { origin: { ...nowhere, startedBy: options.startedBy } }),
  }
}

const nowhere: RunOrigin = {
  deploymentId: null,
  deploymentVersionId: null,
  scheduleId: null,
  interval: null,
  pool: null,
  queue: null,
  priority: 0,
  dueAt: null,
  jobVariables: null,
  startedBy: null,
}

function relativeTo(project: string, file: string): string {
  return file.startsWith(`${project}/`) ? file.slice(project.length + 1) : file
}

async function claimRecord(options: Continuing, home: OpenHome): Promise<Begun> {
  const { run, mode } = options
  refuseUnlessContinuable(options)
  const at = home.settings.platform.now()
  const interrupted = mode === 'resume' && run.state.type !== 'failed' ? firstAttempt(run, at) : undefined
  const state = claimedState(mode, interrupted, at)
  if (run.state.type !== 'running' && run.state.type !== 'cancelling') transition(run.state, state)
  // Before the claim: who cannot read them leaves the run as it is.
  const parameters = await home.values.decode(run.parameters)
  const loaded = await home.store.loadCheckpoints(run.id)
  const drop = planRetry(loaded, run.unhandled, options)
  const record = await home.store.claimRun({
    id: run.id,
    expectedEpoch: run.epoch,
    owner: ownerOfThisProcess(),
    state,
    newAttempt: mode !== 'resume',
    drop,
  })
  if (!record) throw new SluiceError('RUN_STILL_OWNED', { run: run.id, owner: 'a process that was faster' })
  return {
    record,
    parameters,
    resumed: true,
    crashed: run.state.type === 'crashed',
    first: interrupted ?? { attempt: record.attempt, notBefore: 0 },
  }
}

function claimedState(mode: ContinueOptions['mode'], interrupted: FirstAttempt | undefined, at: Micros): State {
  if (mode !== 'resume') return stateOf('Retrying', at, { message: retriedByHand })
  const until = interrupted?.notBefore ?? 0
  return until > at
    ? stateOf('AwaitingRetry', at, { message: 'resumed', waitingFor: { kind: 'time', until } })
    : stateOf('Running', at, { message: 'resumed' })
}

function refuseUnlessContinuable({ run, from, force = false }: Continuing): void {
  if (run.rootId !== run.id)
    throw new SluiceError('RUN_NOT_RETRYABLE', {
      run: run.id,
      problem: `it is a child run: retry its root ${run.rootId}`,
    })
  if (run.state.type === 'completed' && from === undefined)
    throw new SluiceError('RUN_NOT_RETRYABLE', { run: run.id, state: run.state.name })
  if (!run.owner) return
  const life = liveness(run.owner)
  if (life === 'alive' || (life === 'unknown' && !force))
    throw new SluiceError('RUN_STILL_OWNED', { run: run.id, owner: `process ${run.owner.pid} on ${run.owner.host}` })
}
