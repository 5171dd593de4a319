import { type Duration, type Json, parseDuration, SluiceError } from '@sluice/core'
import { withClient } from '../connect/with-client.ts'
import type { CliIo } from '../io.ts'
import { timeOption } from '../output/micros.ts'
import { readParameters, type ParameterFlags } from '../runs/parameters.ts'
import { sayQueued } from '../runs/say-queued.ts'
import { findDeployment } from './deployments-command.ts'

export interface RunDeploymentFlags extends ParameterFlags {
  readonly json: boolean
  /** A time. */
  readonly at?: string | undefined
  /** A duration from now. */
  readonly in?: string | undefined
  readonly name?: string | undefined
  readonly tag: readonly string[]
  readonly priority?: number | undefined
  readonly queue?: string | undefined
  readonly idempotencyKey?: string | undefined
  readonly wait: boolean
  readonly logs: boolean
}

/** `sluice deployments run <name>`: starts a run, for the workers of its pool. */
export async function runDeployment(name: string, flags: RunDeploymentFlags, io: CliIo): Promise<number> {
  const parameters = readParameters(flags, io.cwd)
  const at = dueAt(flags, io)
  const body = {
    ...(parameters === undefined ? {} : { parameters: parameters as Record<string, Json> }),
    ...(at === undefined ? {} : { at }),
    ...(flags.tag.length === 0 ? {} : { tags: flags.tag }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    ...(flags.queue === undefined ? {} : { queue: flags.queue }),
    ...(flags.idempotencyKey === undefined ? {} : { idempotencyKey: flags.idempotencyKey }),
  }
  const run = await withClient(io, async (client) => {
    const { id } = await findDeployment(client, name)
    return client.runDeployment({ params: { deployment: id }, body })
  })
  return sayQueued(run, flags, io)
}

function dueAt(flags: RunDeploymentFlags, io: CliIo): string | undefined {
  if (flags.at !== undefined && flags.in !== undefined)
    throw new SluiceError('OPTION_INVALID', { option: '--in', problem: 'give it or --at, not both' })
  if (flags.in !== undefined) return new Date(io.now() / 1000 + parseDuration(flags.in as Duration)).toISOString()
  return flags.at === undefined ? undefined : timeOption('--at', flags.at)
}
