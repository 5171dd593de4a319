import { isSluiceError, SluiceError } from '@sluice/core'
import { readValue, type Home } from '@sluice/engine'
import {
  type Page,
  type RunRecord,
  runEntity,
  type StoredValue,
  type TaskRunRecord,
  taskRunEntity,
} from '@sluice/store'
import { markDead } from '../connect/with-home.ts'
import { microsOf } from '../output/micros.ts'
import { findRun, placeOf } from './find-run.ts'
import { readAll } from './read-all.ts'
import type { RunFilter, RunSource, ShownRun, ShownTask } from './run-source.ts'

/** The runs of the home at hand, straight from its store. */
export function homeRuns(home: Home): RunSource {
  const { store } = home
  return {
    kind: 'home',
    place: placeOf(home),
    find: async (name) => shownRun(await findRun(home, name)),
    getRun: async (id) => optional(await store.getRun(id), shownRun),
    getTask: async (id) => optional(await store.getTaskRun(id), shownTask),
    list: (filter, limit, after) => listRuns(home, filter, limit, after),
    counts: (run) => store.countTaskRuns(run.rootId),
    async detail(run) {
      const record = await store.getRun(run.id)
      return {
        counts: await store.countTaskRuns(run.rootId),
        parameters: await readable(home, record?.parameters ?? null),
        result: await readable(home, record?.result ?? null),
      }
    },
    async tree(rootId, atMost) {
      const query = { rootId, limit: 1000 }
      const runs = await readAll((after) => store.listRuns({ ...query, ...after }), atMost)
      const tasks = await readAll((after) => store.listTaskRuns({ ...query, ...after }), atMost)
      return { runs: runs.map(shownRun), tasks: tasks.map(shownTask) }
    },
    logs: (run, { minLevel, limit, after }) =>
      store.listLogs({
        rootId: run.rootId,
        limit,
        ...(run.parentId === null ? {} : { runId: run.id }),
        ...(minLevel === undefined ? {} : { minLevel }),
        ...(after === undefined ? {} : { after }),
      }),
    async artifacts(run) {
      const all = await store.listArtifacts(run.rootId)
      return run.parentId === null ? all : all.filter((each) => each.runId === run.id)
    },
    refresh: () => markDead(home),
  }
}

/** A record of the store as it is shown. */
export function shownRun(record: RunRecord): ShownRun {
  return { ...record, entity: runEntity(record) }
}

function shownTask(record: TaskRunRecord): ShownTask {
  return { ...record, entity: taskRunEntity(record) }
}

async function listRuns(
  home: Home,
  filter: RunFilter,
  limit: number,
  after: string | undefined,
): Promise<Page<ShownRun>> {
  const { flow, states, deployment, tag, name, since } = filter
  const page = await home.store.searchRuns({
    limit,
    ...(after === undefined ? {} : { after }),
    ...(flow === undefined ? {} : { flow }),
    ...(states.length === 0 ? {} : { states }),
    ...(deployment === undefined ? {} : { deploymentId: await deploymentId(home, deployment) }),
    ...(tag === undefined ? {} : { tag }),
    ...(name === undefined ? {} : { name }),
    ...(since === undefined ? {} : { createdAfter: microsOf(since) }),
  })
  return { items: page.items.map(shownRun), next: page.next }
}

async function deploymentId({ store }: Home, name: string): Promise<string> {
  const split = name.indexOf('/')
  const found =
    split < 0
      ? await store.getDeployment(name)
      : await store.findDeployment(name.slice(0, split), name.slice(split + 1))
  if (found === undefined) throw new SluiceError('DEPLOYMENT_NOT_FOUND', { deployment: name })
  return found.id
}

/** A secret whose key is elsewhere, or a result that is gone, must not hide the rest of the run. */
async function readable(home: Home, value: StoredValue | null): Promise<unknown> {
  try {
    return await readValue(home, value)
  } catch (error) {
    if (isSluiceError(error)) return `(${error.code})`
    throw error
  }
}

function optional<T, U>(value: T | undefined, map: (value: T) => U): U | undefined {
  return value === undefined ? undefined : map(value)
}
