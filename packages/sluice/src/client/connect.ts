import type { NewDeploymentRunInput } from '@sluice/api'
import type { Client } from '@sluice/api/client'
import { createClient, findConnection, findHomeDir } from '@sluice/api/node'
import { type Json, SluiceError } from '@sluice/core'
import type { AnyFlow, Flow, StartArgs } from '@sluice/engine'
import path from 'node:path'
import { newId, thisProcess } from '../platform.ts'
import { type RunHandle, runHandle } from './run-handle.ts'
import type { RunOptions } from './run-options.ts'

export interface ConnectOptions {
  /** Default: `SLUICE_API_URL`, the active profile, or the server that runs on this project. */
  readonly url?: string
  /** Default: `SLUICE_API_TOKEN`, the profile's, or the home's on this machine. */
  readonly token?: string
}

type Parameters<In> = StartArgs<In>[0]

/** A server, for programs that start and watch runs. Dispose of it to close its connections. */
export interface SluiceClient extends AsyncDisposable {
  /**
   * Starts a run: of a flow, whose parameters the compiler checks, or of a deployment by `flow/name`. It is started once, also when
   * the answer is lost and the call is made again. Throws `DEPLOYMENT_NOT_FOUND`, `PARAMETERS_INVALID`, `SERVER_UNREACHABLE`.
   *
   * @example
   * const run = await sluice.run(ingest, { months: [3] }, { deployment: 'nightly' })
   * console.log(await run.result())
   */
  run<In, R, P>(flow: Flow<In, R, P>, parameters?: Parameters<In>, options?: RunOptions): Promise<RunHandle<R>>
  run(deployment: string, parameters?: Readonly<Record<string, unknown>>, options?: RunOptions): Promise<RunHandle>
  /** A handle for a run that was started before. */
  handle<R = unknown>(id: string): RunHandle<R>
  /** Every operation of the API, typed. */
  readonly api: Client
}

/** Connects to a server. Throws `SERVER_UNREACHABLE` when none is named and none runs on this project. */
export async function connect(options: ConnectOptions = {}): Promise<SluiceClient> {
  const { cwd, env } = thisProcess
  const found = await findConnection({ cwd: cwd(), env, ...options })
  if (found === undefined)
    throw new SluiceError('SERVER_UNREACHABLE', {
      reason: 'no server runs on this project: start one with npx sluice dev, or give its url',
    })
  const api = createClient({ url: found.url, token: found.token, retry: { times: 5 } })
  const start = async (
    target: AnyFlow | string,
    parameters: Readonly<Record<string, unknown>> | undefined,
    how: RunOptions = {},
  ): Promise<RunHandle> => runHandle(api, await startRun(api, target, parameters, how))
  return {
    run: start,
    handle: (id) => runHandle(api, id),
    api,
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  }
}

async function startRun(
  api: Client,
  target: AnyFlow | string,
  parameters: Readonly<Record<string, unknown>> | undefined,
  options: RunOptions,
): Promise<string> {
  const body = bodyOf(parameters, options)
  if (typeof target === 'string')
    return (await api.runDeployment({ params: { deployment: target }, body, retry: { times: 5 } })).id
  const { deployment, pool } = options
  if (deployment !== undefined)
    return (await api.runDeployment({ params: { deployment: `${target.name}/${deployment}` }, body })).id
  const place = pool === undefined ? {} : { pool }
  return (await api.createRun({ body: { ...body, ...place, flow: target.name, entrypoint: await entrypoint(target) } }))
    .id
}

function bodyOf(parameters: Readonly<Record<string, unknown>> | undefined, options: RunOptions): NewDeploymentRunInput {
  const { at, name, tags, priority, queue, idempotencyKey = newId() } = options
  return {
    idempotencyKey,
    // As JSON has them: dates become text.
    ...(parameters === undefined ? {} : { parameters: JSON.parse(JSON.stringify(parameters)) as Record<string, Json> }),
    ...(at === undefined ? {} : { at: new Date(at).toISOString() }),
    ...(name === undefined ? {} : { name }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    ...(priority === undefined ? {} : { priority }),
    ...(queue === undefined ? {} : { queue }),
  }
}

/** Whoever has a flow has loaded the engine already. */
async function entrypoint(flow: AnyFlow): Promise<string> {
  const { entrypointOf } = await import('@sluice/engine')
  const { cwd, env } = thisProcess
  const home = findHomeDir(cwd(), env)
  const project = path.basename(home) === '.sluice' ? path.dirname(home) : cwd()
  const found = entrypointOf(flow, project)
  if (found !== null) return found
  throw new SluiceError('FLOW_NOT_FOUND', { flow: flow.name, problem: 'it is in no file that a worker could load' })
}
