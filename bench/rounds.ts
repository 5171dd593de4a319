import { grouped } from './bench-row.ts'
import { startStopwatch } from './platform.ts'

/** What one item cost, over several rounds of the same work in one process. */
export interface Rounds {
  /** Medians, in µs per item. */
  readonly wall: number
  readonly cpu: number
  /** The fastest and the slowest round, and the processor time: how far to trust the median. */
  readonly note: string
}

/** Runs `work` once to warm up, then `rounds` times. */
export async function measureRounds(items: number, rounds: number, work: () => PromiseLike<unknown>): Promise<Rounds> {
  await work()
  const wall: number[] = []
  const cpu: number[] = []
  for (let round = 0; round < rounds; round++) {
    const watch = startStopwatch()
    await work()
    wall.push((watch.wall() * 1000) / items)
    cpu.push((watch.cpu() * 1000) / items)
  }
  const range = `${grouped(Math.min(...wall))} – ${grouped(Math.max(...wall))}`
  return { wall: median(wall), cpu: median(cpu), note: `${range} in ${rounds} rounds, cpu ${grouped(median(cpu))}` }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
