import { databaseUrl, withHome } from '../bench-home.ts'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { measureRounds } from '../rounds.ts'
import { fannedOut, runIn, sequential } from '../workloads.ts'

/** The same straight into PostgreSQL, without a server of ours: a commit, with its fsync, per turn. */
export function measure(): Promise<readonly BenchRow[]> {
  return withHome({ databaseUrl: databaseUrl() }, async (home) => {
    const one = await measureRounds(1_000, 3, () => runIn(home, sequential, { count: 1_000 }))
    const many = await measureRounds(10_000, 3, () => runIn(home, fannedOut, { count: 10_000 }))
    return [
      rowOf({ name: 'no-op task, PostgreSQL, one after the other', value: one.wall, unit: 'µs', note: one.note }),
      rowOf({ name: 'no-op task, PostgreSQL, 10 000 at once', value: many.wall, unit: 'µs', note: many.note }),
    ]
  })
}
