import { SluiceError } from '@sluice/core'
import type { OpenHome } from '@sluice/engine'
import { artifactEntity, logLineEntity, type RunRecord, runDetailEntity, runEntity, taskRunEntity } from '@sluice/store'
import { type Handlers, ok } from '../endpoint-handler.ts'
import { storedJson } from '../json/stored-json.ts'
import { given, microsOf } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'

type ListIds = 'listRuns' | 'countRuns' | 'listChildRuns' | 'listTaskRuns' | 'listLogs' | 'listArtifacts'
type GetIds = 'getRun' | 'getTaskRun'

interface RunFilter {
  readonly state?: readonly RunRecord['state']['type'][] | undefined
  readonly deployment?: string | undefined
  readonly createdAfter?: string | undefined
  readonly createdBefore?: string | undefined
  readonly flow?: string | undefined
  readonly tag?: string | undefined
  readonly name?: string | undefined
}

/** Counts are exact up to here. */
const countCap = 10_000

/** What is known of runs: lists, and one by one. */
export function runReadingHandlers(context: HandlerContext): Handlers<ListIds | GetIds> {
  return { ...listHandlers(context), ...getHandlers(context) }
}

function listHandlers({ services, home }: HandlerContext): Handlers<ListIds> {
  const { store } = home

  async function search({ state, deployment, createdAfter, createdBefore, flow, tag, name }: RunFilter) {
    return given({
      flow,
      tag,
      name,
      states: state,
      deploymentId: deployment === undefined ? undefined : (await services.deployments.find(deployment)).id,
      createdAfter: microsOf(createdAfter),
      createdBefore: microsOf(createdBefore),
    })
  }

  return {
    async listRuns({ query: { limit, after, ...filter } }) {
      const page = await store.searchRuns(given({ limit, after, ...(await search(filter)) }))
      return ok({ items: page.items.map(runEntity), next: page.next })
    },
    async countRuns({ query }) {
      const count = await store.countRuns(await search(query), countCap)
      return ok({ count, capped: count >= countCap })
    },
    async listChildRuns({ params, query }) {
      const { rootId } = await runOf(home, params.run)
      const below = params.run === rootId ? { root: false } : { parentId: params.run }
      const page = await store.listRuns(given({ rootId, ...below, ...query }))
      return ok({ items: page.items.map(runEntity), next: page.next })
    },
    async listTaskRuns({ params, query: { state, ...query } }) {
      const run = await runOf(home, params.run)
      const page = await store.listTaskRuns(given({ ...within(run), ...query, states: state }))
      return ok({ items: page.items.map(taskRunEntity), next: page.next })
    },
    async listLogs({ params, query: { taskRun, ...query } }) {
      const run = await runOf(home, params.run)
      const page = await store.listLogs(given({ ...within(run), ...query, taskRunId: taskRun }))
      return ok({ items: page.items.map(logLineEntity), next: page.next })
    },
    async listArtifacts({ params }) {
      const run = await runOf(home, params.run)
      const all = await store.listArtifacts(run.rootId)
      const shown = run.id === run.rootId ? all : all.filter(({ runId }) => runId === run.id)
      return ok({ items: shown.map(artifactEntity), next: null })
    },
  }
}

function getHandlers({ home }: HandlerContext): Handlers<GetIds> {
  const { store } = home
  return {
    async getRun({ params }) {
      const run = await runOf(home, params.run)
      const [parameters, result, counts] = await Promise.all([
        storedJson(home, run.parameters),
        storedJson(home, run.result),
        store.countTaskRuns(run.rootId),
      ])
      return ok(runDetailEntity(run, { parameters, result, counts }))
    },
    async getTaskRun({ params }) {
      const task = await store.getTaskRun(params.taskRun)
      if (task === undefined) throw new SluiceError('TASK_RUN_NOT_FOUND', { taskRun: params.taskRun })
      return ok({ ...taskRunEntity(task), result: await storedJson(home, task.result) })
    },
  }
}

async function runOf(home: OpenHome, id: string): Promise<RunRecord> {
  const run = await home.store.getRun(id)
  if (run === undefined) throw new SluiceError('RUN_NOT_FOUND', { run: id })
  return run
}

/** Of a root run: its tree. Of a child run: its own. */
const within = (run: RunRecord) => (run.id === run.rootId ? { rootId: run.id } : { rootId: run.rootId, runId: run.id })
