import { parseDuration, SluiceError } from '@sluice/core'
import type { ScheduleOptions } from '@sluice/core/schedule'
import type { AnyFlow, Deployed, DeployOptions, DeploymentSchedule, ServeOptions } from '../types.ts'
import { type Definition, refuseUnknown } from './definition.ts'
import { isImporting } from './importing.ts'

/** What a file declares by `flow.deploy()` or `flow.serve()`: its options checked, its schedules as a list. */
export interface DeploymentDeclaration {
  readonly flow: AnyFlow
  readonly name: string
  readonly schedules: readonly DeclaredSchedule[]
  readonly parameters: Readonly<Record<string, unknown>>
  readonly pool: string | undefined
  readonly queue: string | undefined
  readonly priority: number | undefined
  readonly tags: readonly string[]
  readonly description: string | undefined
  readonly paused: boolean | undefined
  readonly jobVariables: Readonly<Record<string, unknown>> | undefined
  readonly blocks: readonly string[]
}

export interface DeclaredSchedule {
  /** What it is told apart by among the schedules of its deployment. */
  readonly slug: string
  readonly schedule: ScheduleOptions
  readonly parameters: Readonly<Record<string, unknown>> | undefined
  readonly active: boolean
  readonly misfireGraceMs: number | undefined
  readonly catchUp: 'none' | 'latest' | 'all' | undefined
}

/** Who makes deployments of declarations: a room above. */
export interface DeploymentHost {
  deploy(declaration: DeploymentDeclaration): Promise<Deployed>
  /** Deploys, and runs what is due in this process until it is stopped. */
  serve(declaration: DeploymentDeclaration, options: { readonly limit: number | undefined }): Promise<void>
}

const declared: DeploymentDeclaration[] = []
let host: DeploymentHost | undefined

/** What the files imported so far have declared, in order. */
export function declaredDeployments(): readonly DeploymentDeclaration[] {
  return [...declared]
}

export function setDeploymentHost(given: DeploymentHost | undefined): void {
  host = given
}

/** While a file is only being imported to be looked at, it is recorded and nothing else happens. */
export function deployFlow(flow: object, definition: Definition, options: DeployOptions): Promise<Deployed> {
  return declareOr(flow, definition, options, deployKeys, (declaration, name) => requireHost(name).deploy(declaration))
}

export async function serveFlow(flow: object, definition: Definition, options: ServeOptions): Promise<void> {
  await declareOr(flow, definition, options, serveKeys, (declaration, name) =>
    requireHost(name).serve(declaration, { limit: options.limit }),
  )
}

async function declareOr<T>(
  flow: object,
  definition: Definition,
  options: DeployOptions,
  keys: ReadonlySet<string>,
  otherwise: (declaration: DeploymentDeclaration, name: string) => Promise<T>,
): Promise<T | Deployed> {
  // Now: a file that does not wait for it has been imported when the schedules are checked.
  const importing = isImporting()
  const declaration = declare(flow, definition, options, keys)
  const name = `${definition.name}/${declaration.name}`
  if (importing) {
    declared.push(declaration)
    // Whoever makes a deployment of it finds what is wrong with its schedules.
    return { name, id: undefined, version: undefined }
  }
  await checkSchedules(declaration)
  return otherwise(declaration, name)
}

function requireHost(name: string): DeploymentHost {
  if (host) return host
  throw new SluiceError('DEPLOY_UNAVAILABLE', { deployment: name })
}

const scheduleKeys = ['cron', 'every', 'anchor', 'timezone', 'misfireGrace', 'catchUp'] as const
const oneScheduleKeys = new Set([...scheduleKeys, 'slug', 'parameters', 'active'])
const deployKeys: ReadonlySet<string> = new Set([
  'name',
  ...scheduleKeys,
  'schedules',
  'parameters',
  'pool',
  'queue',
  'priority',
  'tags',
  'description',
  'paused',
  'jobVariables',
  'blocks',
])
const serveKeys: ReadonlySet<string> = new Set([...deployKeys, 'limit'])

function declare(
  flow: object,
  definition: Definition,
  options: DeployOptions,
  keys: ReadonlySet<string>,
): DeploymentDeclaration {
  const of = `the deployment of flow ${definition.name}`
  refuseUnknown(options, keys, of)
  const { name, priority, tags = [], blocks = [] } = options
  if (typeof name !== 'string' || name.trim() === '' || name.length > 200 || name.includes('/'))
    throw invalid('name', of, 'it must have 1 to 200 characters, and no /')
  if (priority !== undefined && !Number.isInteger(priority)) throw invalid('priority', of, 'it must be a whole number')
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== 'string'))
    throw invalid('tags', of, 'they must be a list of strings')
  if (!Array.isArray(blocks) || blocks.some((block) => typeof block !== 'string' || !/^[^/\s]+\/[^/\s]+$/.test(block)))
    throw invalid('blocks', of, "they must be a list of 'Kind/name'")
  return {
    flow: flow as AnyFlow,
    name,
    schedules: schedulesOf(options, of),
    parameters: options.parameters ?? {},
    pool: options.pool,
    queue: options.queue,
    priority,
    tags,
    description: options.description,
    paused: options.paused,
    jobVariables: options.jobVariables,
    blocks,
  }
}

/** The one that the options themselves are, and those of the list. */
function schedulesOf(options: DeployOptions, of: string): readonly DeclaredSchedule[] {
  const { cron, every, schedules = [] } = options
  if (!Array.isArray(schedules)) throw invalid('schedules', of, 'they must be a list')
  const given: readonly DeploymentSchedule[] = [
    ...(cron === undefined && every === undefined ? [] : [options]),
    ...schedules,
  ]
  const made = given.map((one, i) => scheduleOf(one, options, i, of))
  const twice = made.find(({ slug }, i) => made.findIndex((other) => other.slug === slug) !== i)
  if (twice) throw invalid('schedules', of, `two of them are called '${twice.slug}'`)
  return made
}

function scheduleOf(one: DeploymentSchedule, options: DeployOptions, index: number, of: string): DeclaredSchedule {
  if (one !== options) refuseUnknown(one, oneScheduleKeys, `a schedule of ${of}`)
  const { cron, every, anchor, timezone = options.timezone } = one
  const grace = one.misfireGrace ?? options.misfireGrace
  const catchUp = one.catchUp ?? options.catchUp
  if (catchUp !== undefined && !['none', 'latest', 'all'].includes(catchUp))
    throw invalid('catchUp', of, "it must be 'none', 'latest' or 'all'")
  const schedule = {
    ...(cron !== undefined && { cron }),
    ...(every !== undefined && { every }),
    ...(anchor !== undefined && { anchor }),
    ...(timezone !== undefined && { timezone }),
  } as ScheduleOptions
  const own = one === options ? undefined : one
  return {
    slug: own?.slug ?? (index === 0 ? 'default' : `schedule-${index + 1}`),
    schedule,
    parameters: own?.parameters,
    active: own?.active ?? true,
    misfireGraceMs: grace === undefined ? undefined : parseDuration(grace),
    catchUp,
  }
}

/** Cron and zones are checked by what a plain script does not load. Throws `SCHEDULE_INVALID`. */
async function checkSchedules({ schedules }: DeploymentDeclaration): Promise<void> {
  if (schedules.length === 0) return
  const { parseSchedule } = await import('@sluice/core/schedule')
  for (const { schedule } of schedules) parseSchedule(schedule)
}

function invalid(option: string, of: string, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option, of, problem })
}
