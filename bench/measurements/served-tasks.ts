import { databaseUrl } from '../bench-home.ts'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { median } from '../rounds.ts'
import { resultOf, startSystem, type System, trigger } from '../system.ts'

/** No-op tasks of a flow on an inline worker, journaled over HTTP: the time inside the flow. */
export async function measure(): Promise<readonly BenchRow[]> {
  const sqlite = await inSystem({}, (system) => perTask(system, 'oneByOne', 1_000))
  const target = { databaseUrl: databaseUrl() }
  const [one, many] = await inSystem(target, async (system) => [
    await perTask(system, 'oneByOne', 500),
    await perTask(system, 'allAtOnce', 10_000),
  ])
  const name = 'no-op task through the server'
  return [
    rowOf({ name: `${name}, SQLite, one after the other`, value: sqlite, unit: 'µs', atMost: 500 }),
    rowOf({ name: `${name}, PostgreSQL, one after the other`, value: one ?? Number.NaN, unit: 'µs', atMost: 4_000 }),
    rowOf({
      name: `${name}, PostgreSQL, 10 000 at once`,
      value: 1e6 / (many ?? Number.NaN),
      unit: 'per s',
      atLeast: 5_000,
    }),
  ]
}

async function inSystem<T>(target: { readonly databaseUrl?: string }, use: (system: System) => Promise<T>): Promise<T> {
  await using system = await startSystem({ ...target, workers: [{ mode: 'inline' }] })
  return await use(system)
}

/** Median of three, in µs. */
async function perTask({ client }: System, flow: string, count: number): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 4; round++) {
    const took = await resultOf(client, await trigger(client, flow, { count }), 50)
    if (round > 0) times.push(took / count)
  }
  return median(times)
}
