import { type Json, SluiceError } from '@sluice/core'
import { type Home, readValue, startRun } from '@sluice/engine'
import { loadRecordedFlow } from '@sluice/engine/loading'
import type { RunRecord } from '@sluice/store'
import { findRunsServer } from '../connect/places.ts'
import { withClient } from '../connect/with-client.ts'
import { withHome } from '../connect/with-home.ts'
import type { CliIo } from '../io.ts'
import { findRootRun, requireRootRun } from './find-run.ts'
import { finishRun, reporterFor } from './finish-run.ts'
import { readParameters, type ParameterFlags } from './parameters.ts'
import { sayQueued } from './say-queued.ts'
import { withRuns } from './with-runs.ts'

export interface RerunFlags extends ParameterFlags {
  readonly json: boolean
  readonly wait: boolean
}

/**
 * `sluice runs rerun <id>`: a new run from scratch with the parameters of an old one, edited by `-p` and `--params`: in this
 * process, or of a run that belongs to a pool, by its workers.
 */
export async function rerunCommand(prefix: string, flags: RerunFlags, io: CliIo): Promise<number> {
  if ((await findRunsServer(io)) !== undefined) {
    const run = await withRuns(io, async (source) => requireRootRun(await source.find(prefix)))
    return queueAgain(run.id, flags, io)
  }
  const pooled = await withHome(io, async (home) => {
    const run = await findRootRun(home, prefix)
    if ((run.origin?.pool ?? null) !== null) return { id: run.id }
    return { code: await startHere(home, run, flags, io) }
  })
  return pooled.id === undefined ? pooled.code : queueAgain(pooled.id, flags, io)
}

async function startHere(home: Home, run: RunRecord, flags: RerunFlags, io: CliIo): Promise<number> {
  if (run.entrypoint === null) {
    throw new SluiceError('RUN_NOT_RETRYABLE', {
      run: run.id,
      reason: 'its flow is not defined at the top of a file, so it cannot be found again',
    })
  }
  const flow = await loadRecordedFlow({ flow: run.flow, entrypoint: run.entrypoint }, home.project)
  // A flow that was called without parameters is recorded with null; it is called without again.
  const parameters = readParameters(flags, io.cwd, (await readValue(home, run.parameters)) ?? undefined)
  const tags = run.tags.length === 0 ? {} : { tags: run.tags }
  const future = startRun(flow, parameters, { home, rerunOf: run.id, ...tags, ...reporterFor(io, flags.json) })
  return finishRun(future, home, io, flags.json)
}

async function queueAgain(id: string, flags: RerunFlags, io: CliIo): Promise<number> {
  const given = readParameters(flags, io.cwd)
  const body = given === undefined ? {} : { parameters: given as Record<string, Json> }
  const run = await withClient(io, (client) => client.rerunRun({ params: { run: id }, body }))
  return sayQueued(run, { json: flags.json, wait: flags.wait, logs: false }, io)
}
