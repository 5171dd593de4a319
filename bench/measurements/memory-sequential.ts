import { flow, task } from '@sluice/engine'
import type { BenchRow } from '../bench-row.ts'
import { measureMemory } from '../memory.ts'
import type { Count } from '../workloads.ts'

/** A loop over 50 000 tasks forgets each task that is over. */
export function measure(): Promise<readonly BenchRow[]> {
  return measureMemory({
    name: '50 000 tasks one after the other',
    count: 50_000,
    flow: (probe) => {
      const noop = task({ name: 'noop' }, async (item: number) => probe(item))
      return flow({ name: 'sequential' }, async ({ count }: Count) => {
        for (let item = 0; item < count; item++) await noop(item)
      })
    },
  })
}
