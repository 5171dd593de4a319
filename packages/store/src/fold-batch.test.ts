import { expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import { foldBatch } from './fold-batch.ts'
import type { JournalEntry } from './journal-batch.ts'
import { artifact, batch, cached, child, newId, rootRun, t0, task, wait } from './suites/records.testsuite.ts'

const root = newId()
const fold = (entries: readonly JournalEntry[]) => foldBatch(batch(root, 5, entries))

test('a batch ends at the number of its last entry, an empty one before it begins', () => {
  expect(fold([task(root, 5), wait(root, 6)])).toMatchObject({ first: 5, last: 6, epoch: 1, rootId: root })
  expect(fold([])).toMatchObject({ first: 5, last: 4, tasks: [], root: undefined })
})

test('of several versions of a row the last stays, in the place of the last', () => {
  const [started, other, finished] = [task(root, 5, { key: 'k' }), task(root, 6), task(root, 7, { key: 'k' })]
  expect(fold([started, other, finished]).tasks).toEqual([other.row, finished.row])
  expect(fold([task(root, 5, {}, cached('c')), task(root, 6, {}, cached('c', { task: 'last' }))]).cache).toMatchObject([
    { key: 'c', task: 'last' },
  ])
})

test('progress is a checkpoint that came, of whatever kind', () => {
  const running = stateOf('Running', t0)
  const run = rootRun({ id: root })
  const none: JournalEntry[] = [
    task(root, 5, { state: running }),
    task(root, 6, { checkpoint: false }),
    child(run, 7, { state: running }),
    wait(root, 8, { status: 'open' }),
    { kind: 'artifact', row: artifact(root) },
    { kind: 'drop', keys: ['a'] },
    { kind: 'root', state: running, timeline: [] },
  ]
  expect(fold(none).progress).toBe(false)
  for (const one of [task(root, 12), child(run, 12), wait(root, 12)]) expect(fold([...none, one]).progress).toBe(true)
})

test('a drop strikes the rows before it and names its keys once', () => {
  const run = rootRun({ id: root })
  const drop: JournalEntry = { kind: 'drop', keys: ['k', 'k', 'elsewhere'] }
  const folded = fold([task(root, 5, { key: 'k' }), child(run, 6, { key: 'k' }), wait(root, 7, { key: 'k' }), drop])
  const rows = [...folded.tasks, ...folded.children, ...folded.waits]
  expect(rows.map((row) => row.checkpoint)).toEqual([false, false, false])
  expect(folded.drops).toEqual(['k', 'elsewhere'])
  expect(fold([drop, task(root, 6, { key: 'k' })]).tasks[0]?.checkpoint).toBe(true)
})

test('changes to the root run add up', () => {
  const entries: JournalEntry[] = [
    { kind: 'root', state: stateOf('Running', t0), timeline: [], attempt: 2, name: 'a' },
    { kind: 'root', state: stateOf('Failed', t0), timeline: [['Failed', t0]], name: 'b' },
  ]
  expect(fold(entries).root).toEqual({ ...entries[1], attempt: 2 })
})
