import type { NewDeploymentInput } from '@sluice/api'
import { createClient } from '@sluice/api/node'
import { SluiceError } from '@sluice/core'
import { entrypointOf, fileOf, type DeploymentDeclaration, type DeploymentHost, inputJsonSchema } from '@sluice/engine'
import path from 'node:path'
import { declaredDeployment } from '../discover/declared-deployment.ts'
import { discover } from '../discover/discover.ts'
import type { DiscoveredDeployment, JsonObject } from '../discover/discovered.ts'
import { drainOnSignals } from '../drain-on-signals.ts'
import { startWorker } from '../start-worker.ts'
import { standardLog } from '../worker-log.ts'
import { prepareDeployment } from './prepare-deployment.ts'

export interface DeploymentHostOptions {
  readonly url: string
  readonly token: string
  /** The project's root, absolute. */
  readonly project: string
  readonly home?: string
}

/** What `flow.deploy()` and `flow.serve()` of a script do: deploy to this server, and run what is due. */
export function deploymentHost(options: DeploymentHostOptions): DeploymentHost {
  const deploy = async (declaration: DeploymentDeclaration): ReturnType<DeploymentHost['deploy']> => {
    await using client = createClient({ url: options.url, token: options.token, retry: { times: 5 } })
    const body: NewDeploymentInput = await prepareDeployment(await described(declaration, options.project), options)
    const { deployment } = await client.putDeployment({ body })
    return { name: deployment.fullName, id: deployment.id, version: deployment.version.number }
  }
  return {
    deploy,
    async serve(declaration, { limit }) {
      const { name } = await deploy(declaration)
      const worker = startWorker({
        ...options,
        pool: declaration.pool ?? 'default',
        name: name.slice(0, 200),
        ...(declaration.queue !== undefined && { queues: [declaration.queue] }),
        ...(limit !== undefined && { limit }),
      })
      standardLog('info', `serving ${name}`)
      using _signals = drainOnSignals(worker)
      await worker.ended
    },
  }
}

/** Under its export, which is only known once its file is imported: by another process, as this one is in the middle of it. */
async function described(declaration: DeploymentDeclaration, project: string): Promise<DiscoveredDeployment> {
  const { flow } = declaration
  const file = fileOf(flow)
  const own = entrypointOf(flow, project)
  if (file !== undefined && isOutside(path.relative(project, file)))
    throw new SluiceError('OPTION_INVALID', {
      option: 'file',
      problem: `'${file}' lies outside the project ${project}, which is that of the working directory: start it in its own, or move it`,
    })
  if (file === undefined || own === null)
    throw new SluiceError('FLOW_NOT_FOUND', { flow: flow.name, problem: 'it is in no file that a worker could load' })
  const relative = path.relative(project, file)
  const { flows } = await discover({ project, files: [relative] })
  const found = flows.find((each) => each.name === flow.name && each.file === relative)
  const schema = inputJsonSchema(flow.parameters)
  const parameterSchema = typeof schema === 'object' && schema !== null ? (schema as JsonObject) : null
  return { ...declaredDeployment(declaration, found?.entrypoint ?? own, parameterSchema), file: relative }
}

function isOutside(relative: string): boolean {
  return relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)
}
