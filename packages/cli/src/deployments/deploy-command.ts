import type { DeploymentJson } from '@sluice/api'
import type { Client } from '@sluice/api/client'
import { isSluiceError } from '@sluice/core'
import { discover, type DiscoveredDeployment, type DiscoveryProblem, prepareDeployment } from '@sluice/worker'
import { thisHome } from '../connect/this-home.ts'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { inText } from '../output/in-text.ts'
import { printJson } from '../output/print.ts'
import { terminalOf } from '../output/terminal.ts'
import { problemLines } from '../service/problem-lines.ts'
import { type DeployFlags, namedDeployment } from './named-deployment.ts'
import { removedBy } from './removed-by.ts'
import { scheduleText } from './schedule-text.ts'

interface Made {
  readonly deployment: DeploymentJson
  readonly created: boolean
  readonly changed: boolean
  /** What it had before and was not declared again, in words. */
  readonly removed?: readonly string[]
}

/** `sluice deploy [file:export]`: one flow by name, or everything that the project declares. Exit code 1 when some failed. */
export async function deployCommand(target: string | undefined, flags: DeployFlags, io: CliIo): Promise<number> {
  const { project, home } = thisHome(io)
  if (target !== undefined) {
    const declared = await namedDeployment(target, flags, project, io)
    const made = await withClient(io, (client) => putDeployment(client, declared, { project, home }))
    if (flags.json) printJson(io, made)
    else io.stdout.write(`${madeLines(made, io).join('\n')}\n`)
    return exitCodes.ok
  }
  const found = await discover({ project, home })
  const problems = [...found.problems]
  const made = await withClient(io, async (client) => {
    const all: Made[] = []
    for (const declared of found.deployments) {
      try {
        all.push(await putDeployment(client, declared, { project, home }))
      } catch (error) {
        problems.push(problemOf(declared, error))
      }
    }
    return all
  })
  if (flags.json) printJson(io, { items: made, problems, next: null })
  else tell(made, problems, io)
  return problems.length === 0 ? exitCodes.ok : exitCodes.failed
}

async function putDeployment(
  client: Client,
  declared: DiscoveredDeployment,
  place: { readonly project: string; readonly home: string },
): Promise<Made> {
  const body = await prepareDeployment(declared, place)
  const before = await known(client, `${body.flow}/${body.name}`)
  const made = await client.putDeployment({ body })
  return { ...made, removed: before === undefined ? [] : removedBy(before, made.deployment) }
}

async function known(client: Client, deployment: string): Promise<DeploymentJson | undefined> {
  try {
    return await client.getDeployment({ params: { deployment } })
  } catch (error) {
    if (isSluiceError(error, 'DEPLOYMENT_NOT_FOUND')) return undefined
    throw error
  }
}

/** One that is refused does not keep the others from being deployed; a server that is not there does. */
function problemOf({ file, flow, name }: DiscoveredDeployment, error: unknown): DiscoveryProblem {
  if (!isSluiceError(error) || error.code === 'SERVER_UNREACHABLE' || error.code === 'UNAUTHENTICATED') throw error
  return { file, line: null, code: error.code, message: `${flow}/${name}: ${error.message}` }
}

function tell(made: readonly Made[], problems: readonly DiscoveryProblem[], io: CliIo): void {
  const none =
    'Nothing is declared. Name a file: npx sluice deploy <file.ts:flow> --name <name>, or call flow.deploy() in a file of flows/.'
  const lines = made.length === 0 && problems.length === 0 ? [none] : made.flatMap((each) => madeLines(each, io))
  if (lines.length > 0) io.stdout.write(`${lines.join('\n')}\n`)
  if (problems.length > 0) io.stderr.write(`${problemLines(problems, io).join('\n')}\n`)
}

/** `✓ ingest/nightly  v2 new code  cron 0 5 * * * (UTC), in 3h 12m`, and how to run it. */
export function madeLines({ deployment, created, changed, removed = [] }: Made, io: CliIo): string[] {
  const { paint } = terminalOf(io)
  const { fullName, version, schedules, paused } = deployment
  const what = created ? 'new' : changed ? 'changed' : 'as it was'
  const head = `${paint('green', '✓')} ${paint('bold', fullName)}  v${version.number}, ${what}${paused ? ', paused' : ''}`
  const times = schedules.map((each) => {
    const next = each.active && !paused ? `, next ${inText(each.nextAt, io.now())}` : ''
    return `    ${scheduleText(each)}${next}`
  })
  const gone = removed.map((each) => `    ${paint('yellow', '-')} ${each}: not declared any more, so removed`)
  return [
    head,
    ...times,
    ...gone,
    ...(created ? [`    ${paint('dim', `npx sluice deployments run ${fullName}`)}`] : []),
  ]
}
