import { continueRun, flow, markDeadRuns, startRun, task } from '@sluice/engine'
import { openStore } from '@sluice/store'
import { CrashingStore, testHome } from '@sluice/testing'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'

const silent = { event: () => undefined }
const step = task({ name: 'step' }, async (n: number) => n * 2)
const child = flow({ name: 'child' }, async ({ n }: { n: number }) => (await step(n)) + (await step(n + 1)))
const made = flow({ name: 'made' }, async () => {
  const sums: number[] = []
  for (const n of [1, 2, 3, 4]) sums.push(await child({ n }), await step(n))
  return sums
})
const expected = [6, 2, 10, 4, 14, 6, 18, 8]

/** The files of a database whose process died in the middle of the run: most of it is in the write-ahead log. */
async function interruptedRun(
  dir: string,
): Promise<{ readonly db: string; readonly id: string; readonly schema: number }> {
  const db = path.join(dir, 'live.db')
  await using store = await openStore(db)
  await using home = await testHome({ store })
  const id = home.settings.platform.newId()
  const schema = statSync(`${db}-wal`).size
  const crashing = new CrashingStore(store, { at: 14, mode: 'after' })
  await startRun(made, undefined, { home: { ...home, store: crashing.store }, id, reporter: silent }).settled()
  for (const end of ['', '-wal']) copyFileSync(db + end, path.join(dir, `base.db${end}`))
  return { db: path.join(dir, 'base.db'), id, schema }
}

/** What a restart finds, and does with it. */
async function restart(db: string, id: string): Promise<'nothing' | 'completed'> {
  await using store = await openStore(db)
  await using home = await testHome({ store })
  const run = await store.getRun(id)
  if (!run) return 'nothing'
  const { tasks, runs } = await store.loadCheckpoints(id)
  const seqs = [...tasks.map((row) => row.seq), ...runs.map((row) => row.seq ?? 0)]
  expect(Math.max(0, ...seqs), 'no row of a batch without the batch').toBeLessThanOrEqual(run.journalSeq)
  await markDeadRuns(home)
  await store.markCrashed({ id, expectedEpoch: run.epoch, at: run.createdAt + 1, message: 'power loss' })
  const crashed = await store.getRun(id)
  if (!crashed) throw new Error('the run disappeared')
  expect(await continueRun({ home, run: crashed, flow: made, mode: 'resume', reporter: silent })).toEqual(expected)
  return 'completed'
}

test('wherever the write-ahead log is torn off, what is left is a whole run that goes on to its end', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-power-'))
  try {
    const { db, id, schema } = await interruptedRun(dir)
    const log = readFileSync(`${db}-wal`)
    expect(log.length - schema).toBeGreaterThan(50_000)
    const outcomes = new Map<string, number>()
    for (let i = 0; i <= 40; i++) {
      const torn = path.join(dir, `torn-${i}.db`)
      copyFileSync(db, torn)
      // From a little before the run: what comes first is the making of the tables.
      const from = Math.floor(schema * 0.9)
      const cut = log.subarray(0, from + Math.floor(((log.length - from) * i) / 40))
      // Every other time the end is not missing but garbage, as when only some sectors were written.
      writeFileSync(`${torn}-wal`, i % 2 === 0 ? cut : Buffer.concat([cut, Buffer.alloc(3_000, 0xa5)]))
      const outcome = await restart(torn, id)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    expect(outcomes.get('completed')).toBeGreaterThan(20)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
