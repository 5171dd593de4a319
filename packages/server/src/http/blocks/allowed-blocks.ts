import { isSluiceError, SluiceError } from '@sluice/core'
import type { RunRecord } from '@sluice/store'
import { readJobVariables } from '../../deployments/declared-blocks.ts'
import type { Services } from '../../services.ts'
import { byHome } from '../auth/caller.ts'

/**
 * Whether a run may open a block: one that its deployment named when the run was made, or names now. What has no deployment opens
 * what its starter's does; beside that only what the token of the home started opens any, for that token opens all there is.
 * Throws `BLOCK_NOT_ALLOWED`.
 */
export async function requireAllowed(
  deployments: Services['deployments'],
  run: Pick<RunRecord, 'id' | 'origin' | 'createdBy'>,
  block: string,
): Promise<void> {
  const { origin, createdBy } = run
  if (readJobVariables(origin?.jobVariables).blocks.includes(block)) return
  if (origin?.deploymentId) {
    if ((await declaredNow(deployments, origin.deploymentId)).includes(block)) return
  } else if (!origin?.deploymentVersionId && createdBy === byHome) return
  throw new SluiceError('BLOCK_NOT_ALLOWED', { block, run: run.id })
}

async function declaredNow(deployments: Services['deployments'], id: string): Promise<readonly string[]> {
  try {
    return readJobVariables((await deployments.find(id)).jobVariables).blocks
  } catch (error) {
    if (isSluiceError(error, 'DEPLOYMENT_NOT_FOUND')) return []
    throw error
  }
}
