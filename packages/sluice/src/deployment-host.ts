import type { DeploymentHost } from '@sluice/engine'
import type { DeploymentHostOptions } from '@sluice/worker'
import path from 'node:path'
import { thisProcess } from './platform.ts'

/**
 * What `flow.deploy()` and `flow.serve()` of a script do: with the server that is named or runs on this project. Where there is none,
 * with one in this process, for as long as it takes. All of it is loaded when it is first used: a plain script never does.
 */
export const lazyDeploymentHost: DeploymentHost = {
  deploy: (declaration) => withHost((host) => host.deploy(declaration)),
  serve: (declaration, options) => withHost((host) => host.serve(declaration, options)),
}

async function withHost<T>(use: (host: DeploymentHost) => Promise<T>): Promise<T> {
  const { findConnection, findHomeDir, homeToken } = await import('@sluice/api/node')
  const { deploymentHost } = await import('@sluice/worker')
  const { cwd, env } = thisProcess
  const home = findHomeDir(cwd(), env)
  const project = path.basename(home) === '.sluice' ? path.dirname(home) : cwd()
  const hostAt = (url: string, token: string | undefined): DeploymentHost =>
    deploymentHost({ url, token: token ?? '', project, home } satisfies DeploymentHostOptions)
  const found = await findConnection({ cwd: cwd(), env })
  if (found !== undefined) return use(hostAt(found.url, found.token))
  const { silentLog, startServer } = await import('@sluice/server')
  await using server = await startServer({ cwd: cwd(), port: 0, log: silentLog })
  return await use(hostAt(server.url, homeToken(home)))
}
