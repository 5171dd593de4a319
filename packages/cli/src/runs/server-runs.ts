import type { ArtifactJson, LogLineJson, RunErrorJson, RunJson, StateJson, TaskRunJson } from '@sluice/api'
import type { Client } from '@sluice/api/client'
import { isSluiceError, SluiceError, type State, stateOf, type StoredError } from '@sluice/core'
import type { Artifact, LogRecord, TimelineEntry } from '@sluice/store'
import { microsOf, microsOrNull } from '../output/micros.ts'
import { newest } from './run-name.ts'
import { readAll } from './read-all.ts'
import type { RunSource, ShownRun, ShownTask } from './run-source.ts'

/** The runs of a server, through its API. */
export function serverRuns(client: Client, url: string): RunSource {
  const getRun = (id: string): Promise<ShownRun | undefined> =>
    unlessMissing(async () => shownRun(await client.getRun({ params: { run: id } })))
  return {
    kind: 'server',
    place: url,
    getRun,
    getTask: (id) => unlessMissing(async () => shownTask(await client.getTaskRun({ params: { taskRun: id } }))),
    async find(name) {
      const id = name.trim().toLowerCase()
      const run = id.length === 36 ? await getRun(id) : await findByPrefix(client, id)
      if (run === undefined) throw new SluiceError('RUN_NOT_FOUND', { run: name, location: url })
      return run
    },
    async list({ states, since, ...filter }, limit, after) {
      const query = {
        limit,
        ...defined({ ...filter, after, createdAfter: since }),
        ...(states.length === 0 ? {} : { state: [...states] }),
      }
      const page = await client.listRuns({ query })
      return { items: page.items.map(shownRun), next: page.next }
    },
    counts: () => Promise.resolve(undefined),
    async detail(run) {
      const { counts, parameters, result } = await client.getRun({ params: { run: run.id } })
      return { counts, parameters, result }
    },
    async tree(rootId, atMost) {
      const params = { run: rootId }
      const runs = await readAll((after) => client.listChildRuns({ params, query: { limit: 1000, ...after } }), atMost)
      const tasks = await readAll((after) => client.listTaskRuns({ params, query: { limit: 1000, ...after } }), atMost)
      // Runs that were started with `flow.start` are listed too; they have trees of their own.
      return { runs: runs.filter((run) => run.rootId === rootId).map(shownRun), tasks: tasks.map(shownTask) }
    },
    async logs(run, { minLevel, limit, after }) {
      const query = { limit, ...defined({ minLevel, after }) }
      const page = await client.listLogs({ params: { run: run.id }, query })
      return { items: page.items.map(logRecord), next: page.next }
    },
    async artifacts(run) {
      const { items } = await client.listArtifacts({ params: { run: run.id } })
      return items.map(artifactRecord)
    },
    refresh: () => Promise.resolve(),
  }
}

/**
 * A server finds runs by time. The beginning of an id says when it was made, so that is looked through; clocks that
 * differ, and runs that were recorded a little after their id was made, are allowed for.
 */
async function findByPrefix(client: Client, prefix: string): Promise<ShownRun | undefined> {
  if (prefix === newest) {
    const [run] = (await client.listRuns({ query: { limit: 1 } })).items
    return run === undefined ? undefined : shownRun(run)
  }
  const digits = prefix.replaceAll('-', '').slice(0, 12)
  const from = Number.parseInt(digits.padEnd(12, '0'), 16) - slackMs
  const to = Number.parseInt(digits.padEnd(12, 'f'), 16) + slackMs
  const query = { limit: 1000, createdAfter: timeText(from), createdBefore: timeText(to) }
  const runs = await readAll((after) => client.listRuns({ query: { ...query, ...after } }))
  const [found, ...others] = runs.filter((run) => run.id.startsWith(prefix))
  if (others.length > 0) throw new SluiceError('AMBIGUOUS_ID', { prefix })
  return found === undefined ? undefined : shownRun(found)
}

const slackMs = 60_000

/** Within the years that the API knows. */
function timeText(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), Date.UTC(2199, 0))).toISOString()
}

/** A run as the API tells it, as it is shown. */
export function shownRun(entity: RunJson): ShownRun {
  return {
    ...entity,
    ...shownFields(entity),
    entity,
    owner: null,
  }
}

function shownTask(entity: TaskRunJson): ShownTask {
  return { ...entity, ...shownFields(entity), entity }
}

type Fields = Pick<ShownRun, 'state' | 'timeline' | 'error' | 'createdAt' | 'startedAt' | 'endedAt'>

function shownFields(entity: RunJson | TaskRunJson): Fields {
  return {
    state: stateFrom(entity.state),
    timeline: entity.timeline.map(({ name, at, message }): TimelineEntry =>
      message === undefined ? [name, microsOf(at)] : [name, microsOf(at), message],
    ),
    error: entity.error === null ? null : errorFrom(entity.error),
    createdAt: microsOf(entity.createdAt),
    startedAt: microsOrNull(entity.startedAt),
    endedAt: microsOrNull(entity.endedAt),
  }
}

function stateFrom({ name, at, message, waitingFor }: StateJson): State {
  return stateOf(name, microsOf(at), {
    ...(message === null ? {} : { message }),
    ...(waitingFor === null
      ? {}
      : { waitingFor: waitingFor.kind === 'time' ? { kind: 'time', until: microsOf(waitingFor.until) } : waitingFor }),
  })
}

function errorFrom({ code, ...error }: RunErrorJson): StoredError {
  return (code === null ? error : { ...error, code }) as StoredError
}

function logRecord(line: LogLineJson): LogRecord {
  return { ...line, at: microsOf(line.at) }
}

function artifactRecord(artifact: ArtifactJson): Artifact {
  return { ...artifact, createdAt: microsOf(artifact.createdAt), updatedAt: microsOf(artifact.updatedAt) }
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isSluiceError(error, 'RUN_NOT_FOUND') || isSluiceError(error, 'TASK_RUN_NOT_FOUND')) return undefined
    throw error
  }
}

/** Without what is undefined: the contract knows no such values. */
function defined<T extends Readonly<Record<string, unknown>>>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}
