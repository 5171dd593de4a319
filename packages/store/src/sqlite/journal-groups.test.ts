import { expect, test } from 'vitest'
import { SluiceError } from '@sluice/core'
import type { JournalBatch } from '../journal-batch.ts'
import { batch, newId, rootRun, task } from '../suites/records.testsuite.ts'
import type { Store } from '../store.ts'
import { JournalGroups, type JournalGroupsOptions } from './journal-groups.ts'
import { createDatabase } from './sqlite-harness.testsuite.ts'

/** Batches by name, and a turn of the event loop that ends when the test says so. */
function fixture(options: Partial<JournalGroupsOptions> = {}): {
  readonly written: string[]
  readonly append: (name: string) => Promise<unknown>
  readonly endTurn: () => void
  readonly groups: JournalGroups
} {
  const written: string[] = []
  const turns: (() => void)[] = []
  const groups = new JournalGroups({
    one: ({ rootId }) => {
      written.push(rootId)
      return { cancelling: false }
    },
    several: (batches) => {
      written.push(batches.map(({ rootId }) => rootId).join('+'))
      return batches.map(() => ({ receipt: { cancelling: false } }))
    },
    afterThisTurn: (work) => void turns.push(work),
    ...options,
  })
  const append = (name: string): Promise<unknown> =>
    groups.append({ rootId: name, epoch: 1, first: 1, entries: [] }).catch((error: unknown) => error)
  return { written, append, endTurn: () => turns.splice(0).forEach((work) => work()), groups }
}

test('the first batch of a turn is written at once, what follows in that turn together', async () => {
  const { written, append, endTurn } = fixture()
  const all = ['a', 'b', 'c'].map(append)
  expect(written).toEqual(['a'])
  endTurn()
  await Promise.all(all)
  expect(written).toEqual(['a', 'b+c'])
  void append('d')
  expect(written.at(-1)).toBe('d')
})

test('when a group cannot be written, each batch is written alone, and only the one at fault fails', async () => {
  const { append, endTurn } = fixture({
    one: ({ rootId }) => {
      if (rootId === 'bad') throw new SluiceError('STORE_CORRUPT', { reason: 'test' })
      return { cancelling: false }
    },
    several: () => {
      throw new SluiceError('STORE_CORRUPT', { reason: 'test' })
    },
  })
  const all = ['a', 'bad', 'c'].map(append)
  endTurn()
  expect(await Promise.all(all)).toEqual([
    { cancelling: false },
    expect.objectContaining({ code: 'STORE_CORRUPT' }),
    { cancelling: false },
  ])
})

test('a group that meets another writer is refused as a whole, without asking for each batch', async () => {
  const busy = new SluiceError('STORE_UNAVAILABLE', { busy: true })
  const { written, append, endTurn } = fixture({
    several: () => {
      throw busy
    },
  })
  const all = ['a', 'b', 'c'].map(append)
  endTurn()
  expect(await Promise.all(all)).toEqual([{ cancelling: false }, busy, busy])
  expect(written).toEqual(['a'])
})

test('what waits is written before the store closes', async () => {
  await using database = createDatabase()
  const store = await database.open()
  const runs = await rootRuns(store, 3)
  const all = runs.map((id) => store.appendJournal(batch(id, 1, [task(id, 1)])))
  await store.close()
  await Promise.all(all)
  await using again = await database.open()
  for (const id of runs) expect((await again.getRun(id))?.journalSeq).toBe(1)
})

test('a batch of a superseded owner fails alone, and one that was applied before succeeds again', async () => {
  await using database = createDatabase()
  await using store = await database.open()
  const [first = '', fenced = '', repeated = '', fresh = ''] = await rootRuns(store, 4)
  const repeat = batch(repeated, 1, [task(repeated, 1)])
  await store.appendJournal(repeat)
  const late: JournalBatch = { ...batch(fenced, 1, [task(fenced, 1)]), epoch: 7 }
  const told = await Promise.allSettled(
    [batch(first, 1, [task(first, 1)]), late, repeat, batch(newId(), 1, []), batch(fresh, 1, [task(fresh, 1)])].map(
      (each) => store.appendJournal(each),
    ),
  )
  expect(told.map((each) => (each.status === 'fulfilled' ? 'written' : (each.reason as SluiceError).code))).toEqual([
    'written',
    'RUN_FENCED',
    'written',
    'RUN_NOT_FOUND',
    'written',
  ])
  const seqs = await Promise.all(
    [first, fenced, repeated, fresh].map(async (id) => (await store.getRun(id))?.journalSeq),
  )
  expect(seqs).toEqual([1, 0, 1, 1])
})

async function rootRuns(store: Store, count: number): Promise<string[]> {
  const runs = Array.from({ length: count }, () => rootRun())
  for (const run of runs) await store.createRun(run)
  return runs.map(({ id }) => id)
}
