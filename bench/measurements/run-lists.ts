import { databaseUrl } from '../bench-home.ts'
import { type BenchRow, grouped, rowOf } from '../bench-row.ts'
import { startStopwatch } from '../platform.ts'
import { seedRuns } from '../scripts/seed-runs.ts'
import { percentile, startSystem, type System } from '../system.ts'

const rounds = 40

type Query = NonNullable<Parameters<System['client']['listRuns']>[0]>['query']

/** What people look for, from all runs to a needle. */
const searches: Readonly<Record<string, (round: number) => Query>> = {
  'all, newest': () => ({}),
  'of a flow': (round) => ({ flow: `flow-${round % 50}` }),
  'by state': () => ({ state: ['failed', 'crashed'] }),
  'of a flow by state': (round) => ({ flow: `flow-${round % 50}`, state: ['failed'] }),
  'of a deployment': (round) => ({
    deployment: `00000000-0000-4000-8000-${(round % 200).toString(16).padStart(12, '0')}`,
  }),
  'with a tag': (round) => ({ tag: `team-${round % 40}` }),
  'by name': (round) => ({ name: `run-${round * 7}` }),
  'of a time': (round) => ({ createdAfter: day(round), createdBefore: day(round + 1) }),
}

const day = (index: number): string => new Date(Date.UTC(2025, 0, 1 + index * 8)).toISOString()

/** Lists, filters and counts of runs through the API, on PostgreSQL filled with `--rows` runs. */
export async function measure(): Promise<readonly BenchRow[]> {
  const count = Number(process.env['BENCH_ROWS'] ?? 1_000_000)
  const url = databaseUrl()
  await using system = await startSystem({ databaseUrl: url, workers: [] })
  const watch = startStopwatch()
  await seedRuns(url, count)
  const seeding = `seeded in ${grouped(watch.wall() / 1_000)} s`
  const rows: BenchRow[] = []
  for (const [name, queryOf] of Object.entries(searches)) {
    const p95 = await time(async (round, watched) => {
      const query = { ...queryOf(round), limit: 50 }
      const { next } = await watched(() => system.client.listRuns({ query }))
      if (next !== null) await watched(() => system.client.listRuns({ query: { ...query, after: next } }))
    })
    rows.push(listRow(`list runs ${name}, a page, p95`, p95, count, seeding))
  }
  const counted = await time((round, watched) =>
    watched(() => system.client.countRuns({ query: { flow: `flow-${round % 50}` } })),
  )
  return [...rows, listRow('count runs of a flow, p95', counted, count, seeding)]
}

/** Times what it is given. */
type Watched = <T>(request: () => Promise<T>) => Promise<T>

async function time(search: (round: number, watched: Watched) => Promise<unknown>): Promise<number> {
  const times: number[] = []
  const watched: Watched = async (request) => {
    const watch = startStopwatch()
    const answer = await request()
    times.push(watch.wall())
    return answer
  }
  for (let round = 0; round < 5; round++) await search(round, (request) => request())
  for (let round = 0; round < rounds; round++) await search(round, watched)
  return percentile(times, 0.95)
}

function listRow(name: string, value: number, count: number, note: string): BenchRow {
  return rowOf({ name: `${name}, ${grouped(count)} runs`, value, unit: 'ms', atMost: 50, note })
}
