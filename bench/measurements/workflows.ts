import { type BenchRow, rowOf } from '../bench-row.ts'
import { startStopwatch } from '../platform.ts'
import { median } from '../rounds.ts'
import { allEnded, resultOf, startSystem, trigger } from '../system.ts'

const burst = 1_000

/** A workflow of three steps, triggered from outside, on an inline worker over SQLite: request to Completed, and as many as can be. */
export async function measure(): Promise<readonly BenchRow[]> {
  await using system = await startSystem({ workers: [{ mode: 'inline', limit: 100 }] })
  const { client } = system
  const times: number[] = []
  for (let turn = 0; turn < 105; turn++) {
    const watch = startStopwatch()
    await resultOf(client, await trigger(client, 'threeSteps'), 2)
    if (turn >= 5) times.push(watch.wall())
  }
  const runs = Array.from({ length: burst }, () => ({ entrypoint: 'served.ts:threeSteps', flow: 'threeSteps' }))
  const watch = startStopwatch()
  await client.createRuns({ body: { runs } })
  await allEnded(client)
  const perSecond = burst / (watch.wall() / 1_000)
  return [
    rowOf({ name: 'workflow of 3 steps, request → Completed, median', value: median(times), unit: 'ms', atMost: 25 }),
    rowOf({ name: `workflows of 3 steps, ${burst} at once`, value: perSecond, unit: 'per s', atLeast: 500 }),
  ]
}
