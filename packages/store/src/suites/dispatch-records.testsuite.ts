import { stateOf } from '@sluice/core'
import type { NewWorker, QueuedRun, Reclaim, SlotRequest } from '../dispatch-store.ts'
import type { RootRunEntry } from '../journal-batch.ts'
import { type NewRun, noOrigin, type RunOrigin, type RunRecord } from '../records.ts'
import type { Store } from '../store.ts'
import { newId, rootRun, t0 } from './records.testsuite.ts'

/** A minute in which nothing expires by itself. */
export const lease = 60_000

/** Where most runs of these suites wait. */
export interface Place {
  readonly pool?: string
  readonly queue?: string
  readonly dueInMs?: number | null
  readonly key?: string
  readonly hash?: string
  readonly origin?: Partial<RunOrigin>
}

/** A run that waits in the default pool, due at once. */
export function queued(place: Place = {}, fields: Partial<NewRun> = {}): QueuedRun {
  const { pool = 'default', queue = 'default', dueInMs = 0, key, hash = 'h', origin } = place
  return {
    run: rootRun({
      state: stateOf('Scheduled', t0),
      timeline: [['Scheduled', t0]],
      startedAt: null,
      owner: null,
      ...(origin === undefined ? {} : { origin: { ...noOrigin, ...origin } }),
      ...fields,
    }),
    dispatch: { pool, queue, dueInMs },
    ...(key === undefined ? {} : { idempotency: { key, requestHash: hash } }),
  }
}

/** Creates runs and answers their ids. */
export async function enqueue(store: Store, ...runs: readonly QueuedRun[]): Promise<string[]> {
  await store.createRuns(runs)
  return runs.map(({ run }) => run.id)
}

export function newWorker(fields: Partial<NewWorker> = {}): NewWorker {
  return {
    id: newId(),
    name: 'mill-1',
    pool: 'default',
    queues: [],
    host: 'mill',
    pid: 42,
    version: '1.0.0',
    mode: 'process',
    capacity: 10,
    ...fields,
  }
}

/** Registers a worker and answers its id. */
export async function register(store: Store, fields: Partial<NewWorker> = {}, leaseMs = lease): Promise<string> {
  const worker = newWorker(fields)
  await store.registerWorker(worker, leaseMs)
  return worker.id
}

/** Claims under a request of its own. */
export function claim(store: Store, workerId: string, max = 10): Promise<readonly RunRecord[]> {
  return store.claimRuns({ workerId, requestId: newId(), max })
}

export const idsOf = (runs: readonly { readonly id: string }[]): string[] => runs.map(({ id }) => id)

/** A worker that was given one run. */
export async function running(store: Store, place: Place = {}): Promise<{ workerId: string; run: RunRecord }> {
  const workerId = await register(store, { pool: place.pool ?? 'default' })
  await enqueue(store, queued(place))
  const [run] = await claim(store, workerId, 1)
  if (run === undefined) throw new Error('nothing was claimed')
  return { workerId, run }
}

export function reclaiming(workerId: string, runs: Reclaim['runs'], fields: Partial<Reclaim> = {}): Reclaim {
  const rules = { onlyExpired: false, message: 'gone', crashed: true, maxCrashes: 3, delayMs: 0 }
  return { workerId, runs, ...rules, ...fields }
}

/** The end of a run, or another state of it, as its owner journals it. */
export function rootState(name: 'Completed' | 'Suspended' | 'Running' | 'Cancelled' | 'Failed'): RootRunEntry {
  return { kind: 'root', state: stateOf(name, t0 + 9), timeline: [[name, t0 + 9]] }
}

/** A wish for slots: `{ a: 1 }` is one slot of `a`. */
export function slots(
  holder: { readonly id: string; readonly epoch: number },
  key: string,
  needs: Readonly<Record<string, number>>,
  size: number | null = 2,
): SlotRequest {
  return {
    rootId: holder.id,
    epoch: holder.epoch,
    key,
    needs: Object.entries(needs).map(([name, count]) => ({ name, size, slots: count })),
  }
}
