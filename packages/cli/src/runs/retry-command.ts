import { isTerminal, SluiceError } from '@sluice/core'
import { continueRun, type ContinueOptions, type Home } from '@sluice/engine'
import { loadRecordedFlow } from '@sluice/engine/loading'
import type { RunRecord } from '@sluice/store'
import { findRunsServer } from '../connect/places.ts'
import { withClient } from '../connect/with-client.ts'
import { withHome } from '../connect/with-home.ts'
import type { CliIo } from '../io.ts'
import { findRootRun, requireRootRun } from './find-run.ts'
import { finishRun, reporterFor } from './finish-run.ts'
import { sayQueued } from './say-queued.ts'
import { withRuns } from './with-runs.ts'

export interface RetryFlags {
  readonly json: boolean
  readonly allFailed: boolean
  readonly force: boolean
  readonly from?: string | undefined
  /** Of a deployment's code: its number, `latest` or `pinned`. */
  readonly version?: string | undefined
  readonly wait: boolean
}

/**
 * `sluice runs retry <id>`: continues a run from its checkpoints. One that a script started goes on in this process; one that
 * belongs to a pool goes back to it, for its workers.
 */
export async function retryCommand(prefix: string, flags: RetryFlags, io: CliIo): Promise<number> {
  if ((await findRunsServer(io)) !== undefined) {
    const run = await withRuns(io, async (source) => requireRootRun(await source.find(prefix)))
    return putBack(run.id, flags, io)
  }
  const pooled = await withHome(io, async (home) => {
    const run = await findRootRun(home, prefix)
    if (poolOf(run) !== null) return { id: run.id }
    return { code: await goOnHere(home, run, flags, io) }
  })
  return pooled.id === undefined ? pooled.code : putBack(pooled.id, flags, io)
}

function poolOf(run: RunRecord): string | null {
  return run.origin?.pool ?? null
}

async function goOnHere(home: Home, run: RunRecord, flags: RetryFlags, io: CliIo): Promise<number> {
  if (flags.version !== undefined)
    throw new SluiceError('OPTION_INVALID', { option: '--version', problem: 'the run belongs to no deployment' })
  const entrypoint = requireRetryable(run, flags)
  const flow = await loadRecordedFlow({ flow: run.flow, entrypoint }, home.project)
  const from = flags.from === undefined ? {} : { from: flags.from }
  const future = continueRun({
    home,
    run,
    flow,
    mode: modeOf(run, flags),
    force: flags.force,
    ...from,
    ...reporterFor(io, flags.json),
  })
  return finishRun(future, home, io, flags.json)
}

async function putBack(id: string, flags: RetryFlags, io: CliIo): Promise<number> {
  const body = {
    ...(flags.from === undefined ? {} : { from: flags.from }),
    ...(flags.allFailed ? { allFailed: true } : {}),
    ...(flags.version === undefined ? {} : { version: versionOf(flags.version) }),
  }
  const run = await withClient(io, (client) => client.retryRun({ params: { run: id }, body }))
  return sayQueued(run, { json: flags.json, wait: flags.wait, logs: false }, io)
}

function versionOf(text: string): 'pinned' | 'latest' | number {
  if (text === 'pinned' || text === 'latest') return text
  const number = Number(text.replace(/^v/, ''))
  if (Number.isInteger(number) && number > 0) return number
  throw new SluiceError('OPTION_INVALID', {
    option: '--version',
    problem: `'${text}' is not a version number, 'latest' or 'pinned'`,
  })
}

/** The entrypoint of a run that can go on. Throws `RUN_STILL_OWNED` or `RUN_NOT_RETRYABLE` with the reason. */
export function requireRetryable(run: RunRecord, flags: RetryFlags): string {
  const { type, name } = run.state
  if (!isTerminal(type) && !flags.force)
    throw new SluiceError('RUN_STILL_OWNED', { run: run.id, owner: ownerText(run) })
  if (type === 'completed' && flags.from === undefined) {
    throw new SluiceError('RUN_NOT_RETRYABLE', {
      run: run.id,
      state: name,
      reason: 'it has done its work (with --from <task> a part of it runs again)',
    })
  }
  if (run.entrypoint === null) {
    throw new SluiceError('RUN_NOT_RETRYABLE', {
      run: run.id,
      reason: 'its flow is not defined at the top of a file, so it cannot be found again',
    })
  }
  return run.entrypoint
}

/** After a crash nothing has failed yet that a retry could drop: everything journaled is replayed. */
function modeOf(run: RunRecord, flags: RetryFlags): ContinueOptions['mode'] {
  if (flags.allFailed) return 'retry-all-failed'
  return run.state.type === 'crashed' ? 'resume' : 'retry'
}

function ownerText(run: RunRecord): string | undefined {
  return run.owner === null ? undefined : `process ${run.owner.pid} on ${run.owner.host}`
}
