import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { databaseUrl } from '../bench-home.ts'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { cpuOf } from '../platform.ts'
import { percentile, startSystem } from '../system.ts'

const deployments = 10_000
const minutes = 3
/** Declarations under way at once. */
const lanes = 32

/**
 * 10 000 deployments whose schedules all fire at the full minute, on PostgreSQL, with nobody to run what they make: how late each run is
 * created, and the processor time of the whole server over the time.
 */
export async function measure(): Promise<readonly BenchRow[]> {
  const url = databaseUrl()
  await using system = await startSystem({ databaseUrl: url, workers: [] })
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < deployments) await system.client.putDeployment({ body: deploymentOf(next++) })
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  await delay(60_000 - (Date.now() % 60_000) + 5_000)
  const before = cpuOf(system.server)
  const from = Date.now()
  await delay(minutes * 60_000)
  const share = ((cpuOf(system.server) - before) / (Date.now() - from)) * 100
  const late = await latenesses(url, from * 1_000)
  const note = `${late.length} runs in ${minutes} minutes, expected ${deployments * minutes}`
  const name = `${deployments} schedules each minute`
  return [
    rowOf({ name: `${name}: created late, most`, value: Math.max(...late), unit: 's', atMost: 1, note }),
    rowOf({ name: `${name}: created late, p50`, value: percentile(late, 0.5), unit: 's' }),
    rowOf({ name: `${name}: server`, value: share, unit: '% of a core', atMost: 30 }),
  ]
}

const deploymentOf = (index: number) => ({
  flow: 'stamp',
  name: `d${index}`,
  entrypoint: 'served.ts:stamp',
  source: { kind: 'directory' as const, path: '/' },
  contentHash: 'none',
  schedules: [{ slug: 'minutely', cron: '* * * * *' }],
})

/** Seconds from the time a run stands for until its transaction wrote it. */
async function latenesses(url: string, from: number): Promise<readonly number[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    // The first one: a run that nobody takes is scheduled once more, as Late.
    const text = `select (min(e.recorded_at) - r.interval_end)::float8 / 1e6 as late
      from sluice.run r join sluice.event e on e.root_id = r.id and e.name = 'run.scheduled'
      where r.interval_end > $1 and r.schedule_id is not null group by r.id, r.interval_end`
    const { rows } = await client.query<{ late: number }>(text, [from])
    return rows.map(({ late }) => late)
  } finally {
    await client.end()
  }
}
