import { type BenchRow, rowOf } from '../bench-row.ts'
import { startStopwatch } from '../platform.ts'
import { allEnded, type BenchWorker, resultOf, startSystem, trigger } from '../system.ts'

/** 100 runs made in one request, until the last one has ended. */
export async function measure(): Promise<readonly BenchRow[]> {
  const [each, reused] = [await seconds({ mode: 'process', reuse: 1 }), await seconds({ mode: 'process' })]
  return [
    rowOf({ name: '100 runs at once, a process each', value: each, unit: 's', atMost: 12 }),
    rowOf({ name: '100 runs at once, reused processes', value: reused, unit: 's', atMost: 3 }),
  ]
}

async function seconds(worker: BenchWorker): Promise<number> {
  await using system = await startSystem({ workers: [worker] })
  const { client } = system
  await resultOf(client, await trigger(client, 'stamp'))
  const runs = Array.from({ length: 100 }, () => ({ entrypoint: 'served.ts:stamp', flow: 'stamp' }))
  const watch = startStopwatch()
  await client.createRuns({ body: { runs } })
  await allEnded(client)
  return watch.wall() / 1_000
}
