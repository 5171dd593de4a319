import { runEntity } from '@sluice/store'
import { type Handlers, noContent, ok, put } from '../endpoint-handler.ts'
import { deploymentJson, scheduleJson, versionJson } from '../json/deployment-json.ts'
import { given } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'
import { keyed } from './run-handlers.ts'

type DeploymentIds =
  | 'listDeployments'
  | 'putDeployment'
  | 'getDeployment'
  | 'deleteDeployment'
  | 'pauseDeployment'
  | 'resumeDeployment'
  | 'runDeployment'
  | 'listDeploymentVersions'
  | 'setSchedule'

export function deploymentHandlers({ services, home }: HandlerContext): Handlers<DeploymentIds> {
  const { deployments, runs } = services
  return {
    async listDeployments({ query }) {
      const page = await home.store.listDeployments(given(query))
      return ok({ items: await Promise.all(page.items.map((each) => deploymentJson(home, each))), next: page.next })
    },
    async putDeployment({ body, by }) {
      const { deployment, created, changed } = await deployments.put(body, by)
      return put(created, { deployment: await deploymentJson(home, deployment), created, changed })
    },
    getDeployment: async ({ params }) => ok(await deploymentJson(home, await deployments.find(params.deployment))),
    async deleteDeployment({ params }) {
      await deployments.remove(params.deployment)
      return noContent
    },
    pauseDeployment: async ({ params }) =>
      ok(await deploymentJson(home, await deployments.setPaused(params.deployment, true))),
    resumeDeployment: async ({ params }) =>
      ok(await deploymentJson(home, await deployments.setPaused(params.deployment, false))),
    async runDeployment({ params, body, headers, by }) {
      const request = { ...keyed(body, headers['idempotency-key']), deployment: params.deployment }
      const made = await runs.create(request, by)
      return put(made.created, runEntity(made.run))
    },
    async listDeploymentVersions({ params, query }) {
      const { id } = await deployments.find(params.deployment)
      const page = await home.store.listDeploymentVersions(id, given(query))
      return ok({ items: page.items.map(versionJson), next: page.next })
    },
    setSchedule: async ({ params, body }) =>
      ok(await scheduleJson(home, await deployments.setSchedule(params.deployment, params.schedule, body.active))),
  }
}
