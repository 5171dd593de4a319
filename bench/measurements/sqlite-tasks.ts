import { withHome } from '../bench-home.ts'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { measureRounds } from '../rounds.ts'
import { type CountFlow, fannedOut, mapped, runIn, sequential } from '../workloads.ts'

const count = 10_000
const rounds = 5

/** What the engine and its journal add to a task that does nothing, in a script with its own SQLite file. */
export function measure(): Promise<readonly BenchRow[]> {
  return withHome({}, async (home) => {
    const perTask = (flow: CountFlow) => measureRounds(count, rounds, () => runIn(home, flow, { count }))
    const one = await perTask(sequential)
    const many = await perTask(fannedOut)
    const map = await perTask(mapped)
    return [
      rowOf({
        name: 'no-op task, SQLite, one after the other',
        value: one.wall,
        unit: 'µs',
        atMost: 100,
        note: one.note,
      }),
      rowOf({ name: 'no-op task, SQLite, 10 000 at once', value: many.wall, unit: 'µs', atMost: 50, note: many.note }),
      rowOf({ name: 'no-op task, SQLite, map (64 at once)', value: map.wall, unit: 'µs', note: map.note }),
    ]
  })
}
