import { setTimeout as delay } from 'node:timers/promises'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { type BenchWorker, monotonic, percentile, resultOf, startSystem, trigger } from '../system.ts'

/** From the request that makes a run until the flow's code runs: SQLite, a server, a worker and this client on one machine. */
export async function measure(): Promise<readonly BenchRow[]> {
  const inline = await latencies({ mode: 'inline' }, 200)
  const fresh = await latencies({ mode: 'process', reuse: 1 }, 20)
  const reused = await latencies({ mode: 'process' }, 50)
  const name = 'trigger → user code'
  return [
    rowOf({ name: `${name}, inline worker, p50`, value: percentile(inline, 0.5), unit: 'ms', atMost: 15 }),
    rowOf({ name: `${name}, inline worker, p99`, value: percentile(inline, 0.99), unit: 'ms', atMost: 50 }),
    rowOf({ name: `${name}, a new process each, p50`, value: percentile(fresh, 0.5), unit: 'ms', atMost: 250 }),
    rowOf({ name: `${name}, reused process, p50`, value: percentile(reused, 0.5), unit: 'ms' }),
  ]
}

async function latencies(worker: BenchWorker, count: number): Promise<readonly number[]> {
  await using system = await startSystem({ workers: [worker] })
  const { client } = system
  const once = async (): Promise<number> => {
    const asked = monotonic()
    const began = await resultOf(client, await trigger(client, 'stamp'), 20)
    // A worker that is busy with the last one would be measured, too.
    await delay(20)
    return (began - asked) / 1_000
  }
  for (let warm = 0; warm < 5; warm++) await once()
  await delay(500)
  const all: number[] = []
  for (let turn = 0; turn < count; turn++) all.push(await once())
  return all
}
