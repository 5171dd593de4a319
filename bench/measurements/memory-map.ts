import { flow, task } from '@sluice/engine'
import type { BenchRow } from '../bench-row.ts'
import { measureMemory } from '../memory.ts'
import type { Count } from '../workloads.ts'

/** A map over 100 000 items keeps their results and the 64 that run. */
export function measure(): Promise<readonly BenchRow[]> {
  return measureMemory({
    name: 'map over 100 000 items',
    count: 100_000,
    flow: (probe) => {
      const noop = task({ name: 'noop' }, async (item: number) => probe(item))
      return flow({ name: 'mapped' }, async ({ count }: Count) => {
        await noop.map(Array.from({ length: count }, (_, item) => item))
      })
    },
  })
}
