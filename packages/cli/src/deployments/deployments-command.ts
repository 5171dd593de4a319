import type { DeploymentJson } from '@sluice/api'
import type { Client } from '@sluice/api/client'
import { isSluiceError, type Micros, nearest, SluiceError } from '@sluice/core'
import { inspect } from 'node:util'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { inText, timeText } from '../output/in-text.ts'
import { cell, factLines, showList, showOne, type ListView } from '../output/show-list.ts'
import { terminalOf } from '../output/terminal.ts'
import { readAll } from '../runs/read-all.ts'
import { scheduleText } from './schedule-text.ts'

export interface DeploymentListFlags {
  readonly json: boolean
  readonly flow?: string | undefined
  readonly pool?: string | undefined
  readonly tag?: string | undefined
}

/** `sluice deployments ls` */
export async function listDeployments(flags: DeploymentListFlags, io: CliIo): Promise<number> {
  const { json, ...filter } = flags
  const query = {
    limit: 1000,
    ...Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)),
  }
  return withClient(io, async (client) => {
    const deployments = await readAll((after) => client.listDeployments({ query: { ...query, ...after } }))
    return showList(deployments, viewAt(io.now()), json, io)
  })
}

function viewAt(now: Micros): ListView<DeploymentJson> {
  return {
    columns: [
      // The schedule gives way first: the name is what other commands are given.
      { title: 'DEPLOYMENT', give: 1 },
      { title: 'STATE' },
      { title: 'SCHEDULE', give: 2, drop: 1 },
      { title: 'NEXT' },
      { title: 'POOL', drop: 2 },
      { title: 'VERSION', align: 'right', drop: 3 },
    ],
    row: (deployment) => [
      cell(deployment.fullName, 'bold'),
      cell(deployment.paused ? 'paused' : 'active', deployment.paused ? 'yellow' : 'green'),
      cell(deployment.schedules.map(scheduleText).join('; ')),
      cell(deployment.paused ? '' : inText(nextOf(deployment), now)),
      cell(deployment.queue === 'default' ? deployment.pool : `${deployment.pool}/${deployment.queue}`),
      cell(`v${deployment.version.number}`),
    ],
    empty: 'Nothing is deployed. Deploy a flow: npx sluice deploy <file.ts:flow> --name <name>',
  }
}

function nextOf({ schedules }: DeploymentJson): string | null {
  const times = schedules.flatMap(({ active, nextAt }) => (active && nextAt !== null ? [nextAt] : []))
  return times.toSorted()[0] ?? null
}

/** `sluice deployments show <name>` */
export async function showDeployment(name: string, flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const deployment = await findDeployment(client, name)
    return showOne(deployment, () => deploymentLines(deployment, io), flags.json, io)
  })
}

function deploymentLines(deployment: DeploymentJson, io: CliIo): string[] {
  const { paint } = terminalOf(io)
  const now = io.now()
  const { version, schedules, parameters, jobVariables, blocks } = deployment
  const facts = factLines(
    [
      ['deployment', deployment.fullName],
      ['state', deployment.paused ? 'paused: no schedule fires' : 'active'],
      ['description', deployment.description ?? ''],
      ['flow', deployment.entrypoint],
      ['code', `${deployment.source.path}, version ${version.number} (${version.contentHash.slice(0, 12)})`],
      ['pool', `${deployment.pool}, queue ${deployment.queue}`],
      ['priority', deployment.priority === 0 ? '' : String(deployment.priority)],
      ['tags', deployment.tags.join(', ')],
      ['parameters', Object.keys(parameters).length === 0 ? '' : oneLine(parameters)],
      ['blocks', blocks.join(', ')],
      ['job variables', Object.keys(jobVariables).length === 0 ? '' : oneLine(jobVariables)],
      ['takes', schemaText(deployment.parameterSchema)],
      ['deployed', `${timeText(deployment.updatedAt)} by ${deployment.createdBy}`],
    ],
    io,
  )
  const times = schedules.map((schedule) => {
    const next = schedule.active ? inText(schedule.nextAt, now) : 'paused'
    const last = schedule.lastAt === null ? '' : `, last ${timeText(schedule.lastAt)}`
    return `  ${paint('cyan', schedule.slug)}  ${scheduleText(schedule)}  ${next}${last}`
  })
  const steps = [
    `npx sluice deployments run ${deployment.fullName}`,
    `npx sluice runs ls --deployment ${deployment.fullName}`,
  ]
  return [
    ...facts,
    ...(times.length === 0 ? [] : ['', paint('bold', 'Schedules'), ...times]),
    '',
    paint('bold', 'Next'),
    ...steps.map((step) => `  ${step}`),
  ]
}

function oneLine(value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: 4, maxStringLength: 200 })
}

/** `months: array, color?: string`: the parameters of a JSON Schema, `?` where they may be left out. */
function schemaText(schema: DeploymentJson['parameterSchema']): string {
  const properties = schema?.['properties']
  if (typeof properties !== 'object' || properties === null) return ''
  const required = schema?.['required']
  const needed = Array.isArray(required) ? required : []
  return Object.entries(properties)
    .map(([name, about]: [string, unknown]) => {
      const type = typeof about === 'object' && about !== null && 'type' in about ? String(about.type) : 'any'
      return `${name}${needed.includes(name) ? '' : '?'}: ${type}`
    })
    .join(', ')
}

/** `sluice deployments pause|resume <name>`, of one schedule with `--schedule`. */
export async function setDeploymentPaused(
  name: string,
  paused: boolean,
  flags: { readonly json: boolean; readonly schedule?: string | undefined },
  io: CliIo,
): Promise<number> {
  return withClient(io, async (client) => {
    const { id, fullName, schedules } = await findDeployment(client, name)
    const word = paused ? 'paused' : 'active'
    if (flags.schedule !== undefined) {
      const slug = scheduleOf(
        flags.schedule,
        schedules.map((each) => each.slug),
      )
      const params = { deployment: id, schedule: slug }
      const schedule = await client.setSchedule({ params, body: { active: !paused } })
      return showOne(schedule, () => [`Schedule ${slug} of ${fullName} is ${word}.`], flags.json, io)
    }
    const params = { deployment: id }
    const changed = await (paused ? client.pauseDeployment({ params }) : client.resumeDeployment({ params }))
    return showOne(changed, () => [`Deployment ${fullName} is ${word}.`], flags.json, io)
  })
}

/** `sluice deployments rm <name>` */
export async function removeDeployment(name: string, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const { id, fullName } = await findDeployment(client, name)
    await client.deleteDeployment({ params: { deployment: id } })
    io.stdout.write(`Deployment ${fullName} is gone; its runs stay.\n`)
    return exitCodes.ok
  })
}

/**
 * A deployment by id, by `flow/name`, or by either of the two where only one has it. Throws `DEPLOYMENT_NOT_FOUND` with the nearest
 * name.
 */
export async function findDeployment(client: Client, name: string): Promise<DeploymentJson> {
  try {
    if (name.includes('/') || /^[0-9a-f-]{36}$/i.test(name))
      return await client.getDeployment({ params: { deployment: name } })
  } catch (error) {
    if (!isSluiceError(error, 'DEPLOYMENT_NOT_FOUND')) throw error
  }
  const all = await readAll((after) => client.listDeployments({ query: { limit: 1000, ...after } }))
  const [found, ...others] = all.filter((each) => each.name === name || each.flow === name || each.fullName === name)
  if (found !== undefined && others.length === 0) return found
  const near = nearest(
    name,
    all.flatMap((each) => [each.fullName, each.name, each.flow]),
  )
  const several = [found, ...others].flatMap((each) => each?.fullName ?? [])
  const problem =
    several.length > 0
      ? `several are called so: ${several.join(', ')}`
      : near === undefined
        ? undefined
        : `did you mean '${near}'?`
  throw new SluiceError('DEPLOYMENT_NOT_FOUND', { deployment: name, problem })
}

function scheduleOf(slug: string, known: readonly string[]): string {
  if (known.includes(slug)) return slug
  const near = nearest(slug, known)
  const problem = near === undefined ? `there are ${known.join(', ') || 'none'}` : `did you mean '${near}'?`
  throw new SluiceError('SCHEDULE_NOT_FOUND', { schedule: slug, problem })
}
