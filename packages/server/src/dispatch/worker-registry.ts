import { SluiceError } from '@sluice/core'
import type { Store } from '@sluice/store'
import { Lru } from '../lru.ts'

/** What decides which runs a worker is given. */
export interface WorkerPlace {
  readonly pool: string
  readonly queues: readonly string[]
}

/** Where workers belong: an incarnation never changes, so each is looked up once, whichever server it registered with. */
export interface WorkerRegistry {
  /** Throws `WORKER_NOT_FOUND`. */
  find(id: string): Promise<WorkerPlace>
  add(id: string, place: WorkerPlace): void
}

export function createWorkerRegistry(store: Store): WorkerRegistry {
  const known = new Lru<string, WorkerPlace>(10_000)
  return {
    add: (id, place) => known.set(id, place),
    async find(id) {
      const place = known.get(id) ?? (await store.listWorkers({})).find((worker) => worker.id === id)
      if (!place) throw new SluiceError('WORKER_NOT_FOUND', { worker: id })
      known.set(id, { pool: place.pool, queues: place.queues })
      return place
    },
  }
}
