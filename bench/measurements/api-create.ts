import { type BenchRow, rowOf } from '../bench-row.ts'
import { startStopwatch } from '../platform.ts'
import { startSystem, type System } from '../system.ts'

const single = 4_000
const atOnce = 64
const bulk = 20

/** Runs made by the API, with nobody to take them; this client is on the same cores. */
export async function measure(): Promise<readonly BenchRow[]> {
  await using system = await startSystem({ workers: [] })
  await createSingle(system, 500)
  const one = await createSingle(system, single)
  await createBulk(system, 2)
  const many = await createBulk(system, bulk)
  const note = `SQLite, ${atOnce} requests under way`
  return [
    rowOf({ name: 'API: create runs, one per request', value: one, unit: 'per s', atLeast: 2_000, note }),
    rowOf({ name: 'API: create runs, 1 000 per request', value: many, unit: 'per s', atLeast: 15_000 }),
  ]
}

const body = { entrypoint: 'served.ts:stamp', flow: 'stamp', parameters: {} }

async function createSingle({ client }: System, count: number): Promise<number> {
  let left = count
  const watch = startStopwatch()
  const lane = async (): Promise<void> => {
    while (left-- > 0) await client.createRun({ body })
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return count / (watch.wall() / 1_000)
}

async function createBulk({ client }: System, requests: number): Promise<number> {
  const runs = Array.from({ length: 1_000 }, () => body)
  const watch = startStopwatch()
  for (let request = 0; request < requests; request++) await client.createRuns({ body: { runs } })
  return (requests * 1_000) / (watch.wall() / 1_000)
}
