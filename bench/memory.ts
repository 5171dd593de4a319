import { withHome } from './bench-home.ts'
import { type BenchRow, grouped, rowOf } from './bench-row.ts'
import { peakResidentBytes, residentBytes, startStopwatch } from './platform.ts'
import { type CountFlow, runIn } from './workloads.ts'

/** A flow that calls `probe` from the body of every task, and how often it does. */
export interface MemoryCase {
  readonly name: string
  readonly count: number
  flow(probe: (item: number) => void): CountFlow
}

/** The most memory that a whole process held, and whether it kept growing: after all tasks against after a fifth. */
export function measureMemory({ name, count, ...memoryCase }: MemoryCase): Promise<readonly BenchRow[]> {
  return withHome({}, async (home) => {
    let early = Number.NaN
    const watch = startStopwatch()
    const probed = memoryCase.flow((item) => {
      if (item === count / 5) early = residentBytes()
    })
    await runIn(home, probed, { count })
    const late = residentBytes()
    const note = `${grouped(early / 1e6)} MB after 20 %, ${grouped(late / 1e6)} MB at the end, ${grouped(watch.wall() / 1000)} s`
    return [
      rowOf({ name: `${name}: most memory`, value: peakResidentBytes() / 1e6, unit: 'MB', atMost: 300, note }),
      rowOf({ name: `${name}: memory at the end / after 20 %`, value: late / early, unit: '×', atMost: 1.5 }),
    ]
  })
}
