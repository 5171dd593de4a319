import { SluiceError } from '@sluice/core'
import type { DeploymentRecord, DeploymentVersionRecord, Store } from '@sluice/store'
import { Lru } from '../lru.ts'
import type { Clock } from '../platform.ts'

/** Finds deployments by what people call them. */
export interface DeploymentLookup {
  /** By id or `flow/name`, as it is now. Throws `DEPLOYMENT_NOT_FOUND`. */
  find(idOrName: string): Promise<DeploymentRecord>
  /** As it was within the last second: for runs, which come by the thousand. Throws `DEPLOYMENT_NOT_FOUND`. */
  findRecent(idOrName: string): Promise<DeploymentRecord>
  /** Versions never change. Undefined: its deployment was deleted. */
  version(id: string): Promise<DeploymentVersionRecord | undefined>
  /** Something changed here: nothing recent counts any more. */
  forget(): void
}

const recentMs = 1_000
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function createDeploymentLookup(
  store: Pick<Store, 'getDeployment' | 'findDeployment' | 'getDeploymentVersion'>,
  clock: Clock,
): DeploymentLookup {
  const recent = new Lru<string, { readonly at: number; readonly found: Promise<DeploymentRecord> }>(1_000)
  const versions = new Lru<string, DeploymentVersionRecord>(1_000)

  const find = async (idOrName: string): Promise<DeploymentRecord> => {
    const slash = idOrName.lastIndexOf('/')
    const found = uuid.test(idOrName)
      ? await store.getDeployment(idOrName)
      : await store.findDeployment(idOrName.slice(0, Math.max(slash, 0)), idOrName.slice(slash + 1))
    if (!found) throw new SluiceError('DEPLOYMENT_NOT_FOUND', { deployment: idOrName })
    return found
  }
  return {
    find,
    findRecent(idOrName) {
      const known = recent.get(idOrName)
      if (known && clock.monotonic() - known.at < recentMs) return known.found
      const found = find(idOrName)
      found.catch(() => recent.delete(idOrName))
      recent.set(idOrName, { at: clock.monotonic(), found })
      return found
    },
    async version(id) {
      const version = versions.get(id) ?? (await store.getDeploymentVersion(id))
      if (version) versions.set(id, version)
      return version
    },
    forget: () => recent.clear(),
  }
}
