import type { Reclaim, Reclaimed, RunEpoch } from '@sluice/store'
import type { Context } from '../context.ts'
import { topics } from '../loops/wakeups.ts'

/** Why runs are taken from their owner. */
export interface ReclaimOrder extends Pick<Reclaim, 'workerId' | 'onlyExpired' | 'message' | 'crashed' | 'refused'> {
  readonly runs: readonly RunEpoch[]
  /** Default: the server's. 1: it fails at once. */
  readonly maxCrashes?: number
}

/**
 * Takes runs from their owner and tells who must know. What crashed or could not be started waits before it is tried again, longer each
 * time: a run that kills its process must not fill a worker's day.
 */
export async function reclaim(context: Context, order: ReclaimOrder): Promise<readonly Reclaimed[]> {
  const { home, settings } = context
  const byDelay = new Map<number, RunEpoch[]>()
  for (const run of order.runs) {
    const delayMs = order.crashed || order.refused ? await crashDelay(context, run.id) : 0
    byDelay.set(delayMs, [...(byDelay.get(delayMs) ?? []), run])
  }
  const reclaimed: Reclaimed[] = []
  for (const [delayMs, runs] of byDelay) {
    const { maxCrashes = settings.maxCrashes } = order
    const request = { ...order, runs, maxCrashes, delayMs }
    reclaimed.push(...(await home.store.reclaimRuns(request)))
  }
  tellReclaimed(context, reclaimed)
  return reclaimed
}

/** Workers of the pools look; the old owners learn that they are; whoever waits for one's end or for its slots learns that too. */
export function tellReclaimed({ wakeups, counters }: Context, reclaimed: readonly Reclaimed[]): void {
  if (reclaimed.length === 0) return
  counters.add('runs.reclaimed', reclaimed.length)
  const told = reclaimed.flatMap(({ id, pool, outcome, granted = [] }) => [
    topics.run(id),
    ...granted.map(({ rootId }) => topics.run(rootId)),
    ...(pool === null ? [] : [topics.pool(pool)]),
    outcome === 'requeued' ? topics.due : topics.waits,
  ])
  wakeups.send(topics.events, ...told)
}

async function crashDelay({ home, settings }: Context, id: string): Promise<number> {
  const run = await home.store.getRun(id)
  const delays = settings.crashDelaysMs
  return delays[Math.min(run?.crashCount ?? 0, delays.length - 1)] ?? 0
}
