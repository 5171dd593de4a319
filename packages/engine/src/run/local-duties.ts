import { isTerminal, SluiceError, stateOf } from '@sluice/core'
import type { RunRecord } from '@sluice/store'
import type { Definition } from '../authoring/definition.ts'
import type { CallFuture } from '../call/future.ts'
import type { OpenHome } from '../home/home.ts'
import type { StartRequest } from '../run-store.ts'
import { markDeadRuns } from './dead-runs.ts'
import { liveness } from './process-identity.ts'
import type { LocalDuties } from './root-run.ts'
import { isStartedHere, keepStarted } from './started-here.ts'

/** How a process without a server runs what its flows start. */
export interface LocalRuns {
  /** Resolves once its record is in the store. In an object: a future that is returned bare would be awaited. */
  begin(definition: Definition, request: StartRequest): Promise<{ readonly future: CallFuture<unknown> }>
  goOn(definition: Definition, run: RunRecord): CallFuture<unknown>
}

const settledAtOnce = 100

/**
 * What a server does for the runs of workers, done by a script's process for its own: it runs what they start, as root runs of their
 * own, beside them; and it matches waits with what they wait for.
 */
export function localDuties(home: OpenHome, runs: LocalRuns, ended: () => void): LocalDuties {
  const { store, settings } = home
  const mine = new Map<string, CallFuture<unknown>>()
  const keep = (id: string, future: CallFuture<unknown>): void => {
    mine.set(id, future)
    const end = future.settled().then(() => {
      mine.delete(id)
      ended()
    })
    keepStarted(store, id, end)
  }
  return {
    starts: {
      async start(request, definition) {
        const { id } = request
        if (isStartedHere(store, id)) return
        const run = await store.getRun(id)
        if (!run) keep(id, (await runs.begin(definition, request)).future)
        else if (isLeftBehind(run)) keep(id, runs.goOn(definition, run))
      },
      async outcome(id) {
        const run = await store.getRun(id)
        if (!run) throw new SluiceError('RUN_NOT_FOUND', { run: id, location: store.location })
        return isTerminal(run.state.type) && run.state.type !== 'crashed' ? run : undefined
      },
      async cancel(id, reason) {
        const future = mine.get(id)
        if (future) future.owner.cancel(new SluiceError('RUN_CANCELLED', { run: id, problem: reason }))
        else await store.requestCancel(id, stateOf('Cancelling', settings.platform.now(), { message: reason }))
      },
    },
    async settleWaits() {
      await store.settleWaits(settledAtOnce).catch(() => [])
    },
    async tidy() {
      await markDeadRuns(home).catch(() => [])
    },
  }
}

/** Its process died: whoever resumes its starter goes on with it too. One that is on its way to a worker is not ours. */
function isLeftBehind({ state, owner, origin }: RunRecord): boolean {
  if (origin?.pool || state.type === 'cancelling') return false
  return state.type === 'crashed' || (!isTerminal(state.type) && owner !== null && liveness(owner) === 'dead')
}
