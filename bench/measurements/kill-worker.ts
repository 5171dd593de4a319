import { setTimeout as delay } from 'node:timers/promises'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { monotonic, resultOf, startSystem, trigger } from '../system.ts'

const leaseSeconds = 15

/** A worker is killed with SIGKILL in the middle of a task; another one goes on. From the kill until the task runs again. */
export async function measure(): Promise<readonly BenchRow[]> {
  await using system = await startSystem({ workers: [{ mode: 'inline' }, { mode: 'inline' }] })
  const { client } = system
  const run = await trigger(client, 'lingering', { ms: 3_000 })
  let holder: number | undefined
  while (holder === undefined) {
    await delay(20)
    holder = (await client.listWorkers({})).items.find(({ runs }) => runs > 0)?.pid
  }
  await delay(500)
  process.kill(holder, 'SIGKILL')
  const killed = monotonic()
  const seconds = ((await resultOf(client, run, 50)) - killed) / 1e6
  return [
    rowOf({ name: 'kill −9 of a worker → its task runs again', value: seconds, unit: 's', atMost: leaseSeconds + 2 }),
  ]
}
