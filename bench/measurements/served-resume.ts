import { setTimeout as delay } from 'node:timers/promises'
import { databaseUrl } from '../bench-home.ts'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { childrenOf } from '../platform.ts'
import { monotonic, resultOf, startSystem, trigger } from '../system.ts'

const count = 10_000

/**
 * A run of 10 000 finished tasks goes on after its process was killed: from the kill until its next task runs again. Its worker reports
 * the death, the run is queued, claimed and launched, its checkpoints come over HTTP, its body is replayed.
 */
export async function measure(): Promise<readonly BenchRow[]> {
  await using system = await startSystem({ databaseUrl: databaseUrl(), workers: [{ mode: 'process' }] })
  const { client, workers } = system
  const run = await trigger(client, 'manyThenLinger', { count, ms: 3_000 })
  const finished = async (): Promise<number> => (await client.getRun({ params: { run } })).counts.completed
  while ((await finished()) < count) await delay(20)
  await delay(300)
  const killed = monotonic()
  // One of them has the run, the other is kept ready for the next one.
  for (const pid of childrenOf(workers[0] ?? 0)) process.kill(pid, 'SIGKILL')
  const value = ((await resultOf(client, run, 50)) - killed) / 1_000
  const note = 'with the report of the death, a claim and a new process'
  return [
    rowOf({ name: 'resume after 10 000 tasks through the server, PostgreSQL', value, unit: 'ms', atMost: 1_000, note }),
  ]
}
