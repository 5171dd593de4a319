import { previousSecretKeysOf, secretKeyOf } from '@sluice/engine'
import type { DeploymentVersionRecord, RunRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import { readJobVariables } from '../deployments/declared-blocks.ts'
import type { DeploymentLookup } from '../deployments/deployment-lookup.ts'
import { Lru } from '../lru.ts'
import { thisProcess } from '../platform.ts'
import type { ClaimedRun } from '../services.ts'

/** Makes the tokens with which engines speak for their runs. */
export interface RunTokens {
  mint(rootId: string, epoch: number): string
}

/** Everything a worker must know to run what it was given. */
export type Assign = (run: RunRecord) => Promise<ClaimedRun>

export function createAssign(context: Context, deployments: DeploymentLookup, tokens: RunTokens): Assign {
  const { home } = context
  const names = new Lru<string, string>(1_000)
  const secretKey = secretKeyOf(home.dir, thisProcess.env)
  const previousSecretKeys = previousSecretKeysOf(home.dir, thisProcess.env)

  /** Flow and name of a deployment never change. */
  const nameOf = async (deploymentId: string): Promise<string> => {
    const known = names.get(deploymentId)
    if (known !== undefined) return known
    const { flow, name } = await deployments.find(deploymentId)
    names.set(deploymentId, `${flow}/${name}`)
    return `${flow}/${name}`
  }
  const deploymentOf = async (run: RunRecord, version: DeploymentVersionRecord): Promise<ClaimedRun['deployment']> => {
    const id = run.origin?.deploymentId
    // One that was only started beside a deployment's run shares its code and no more.
    if (id !== version.deploymentId) return null
    return { id, name: await nameOf(id), version: version.number, contentHash: version.contentHash }
  }
  return async (run) => {
    const versionId = run.origin?.deploymentVersionId
    const version = versionId ? await deployments.version(versionId) : undefined
    const deployment = version ? await deploymentOf(run, version) : null
    return {
      run,
      token: tokens.mint(run.id, run.epoch),
      deployment,
      entrypoint: deployment && version ? version.entrypoint : run.entrypoint,
      source: version ? (JSON.parse(version.source) as ClaimedRun['source']) : null,
      jobVariables: readJobVariables(run.origin?.jobVariables).jobVariables,
      secretKey,
      previousSecretKeys,
      serverTime: home.settings.platform.now(),
    }
  }
}
