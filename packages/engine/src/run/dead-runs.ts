import type { Home, DeadRun } from '../host.ts'
import { stateOf } from '@sluice/core'
import type { OpenHome } from '../home/home.ts'
import { liveness } from './process-identity.ts'

/**
 * Marks root runs Crashed whose process, on this machine, is gone; those that were being cancelled end Cancelled. Any sluice
 * process may do it at any time.
 */
export async function markDeadRuns(home: Home): Promise<readonly DeadRun[]> {
  const { store, settings } = home as OpenHome
  const dead: DeadRun[] = []
  for (const run of await store.listOwned()) {
    if (liveness(run.owner) !== 'dead') continue
    const at = settings.platform.now()
    const guard = { id: run.id, expectedEpoch: run.epoch }
    const message = `process ${run.owner.pid} is gone`
    const done =
      run.state.type === 'cancelling'
        ? await store.endAbandoned({ ...guard, state: stateOf('Cancelled', at, { message }) })
        : await store.markCrashed({ ...guard, at, message })
    if (done) dead.push({ id: run.id, flow: run.flow, owner: run.owner })
  }
  return dead
}
