import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../open-store.ts'
import { batch, rootRun, task } from '../suites/records.testsuite.ts'
import { createDatabase } from './sqlite-harness.testsuite.ts'

const batches = 12

/** A file whose last transactions are still in its WAL, copied as power loss would leave it. */
async function tornCopy(name: string, tear: (wal: string) => void): Promise<{ seq: number; tasks: number[] }> {
  await using database = createDatabase()
  await using store = await database.open()
  const run = rootRun()
  await store.createRun(run)
  for (let first = 1; first <= batches; first += 1)
    await store.appendJournal(batch(run.id, first, [task(run.id, first)]))
  const copy = join(dirname(database.target), name)
  for (const end of ['', '-wal']) copyFileSync(`${database.target}${end}`, `${copy}${end}`)
  tear(`${copy}-wal`)
  await using recovered = await openStore(copy)
  const seq = (await recovered.getRun(run.id))?.journalSeq ?? -1
  const tasks = (await recovered.loadCheckpoints(run.id)).tasks.map((row) => row.seq)
  if (seq >= 0) await recovered.appendJournal(batch(run.id, seq + 1, [task(run.id, seq + 1)]))
  return { seq, tasks }
}

const upTo = (seq: number): number[] => Array.from({ length: Math.max(seq, 0) }, (_, index) => index + 1)

test('after power loss the journal is whole up to some batch, wherever the log was cut off', async () => {
  const found: number[] = []
  for (const share of [0, 0.3, 0.6, 0.9, 0.99, 1]) {
    const { seq, tasks } = await tornCopy('cut.db', (wal) => truncateSync(wal, Math.floor(statSync(wal).size * share)))
    expect(tasks).toEqual(upTo(seq))
    found.push(seq)
  }
  expect(found).toEqual(found.toSorted((a, b) => a - b))
  expect(found.at(-1)).toBe(batches)
})

test('a damaged last frame takes its own batch with it and no other', async () => {
  const { seq, tasks } = await tornCopy('flipped.db', (wal) => {
    const bytes = readFileSync(wal)
    const at = bytes.length - 100
    bytes[at] = (bytes[at] ?? 0) ^ 0xff
    writeFileSync(wal, bytes)
  })
  expect(seq).toBe(batches - 1)
  expect(tasks).toEqual(upTo(batches - 1))
})
