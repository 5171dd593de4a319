import { expect, test } from 'vitest'
import type { AuditEntry, BookedRun } from '../audit/read-books.ts'
import type { LedgerLine } from '../ledger.ts'
import { planOf } from '../plan/plan.ts'
import type { Evidence } from './evidence.ts'
import { judge } from './judge.ts'

const plan = planOf({ seed: 1, runs: 13, chaosMs: 1_000, leaseMs: 1_000, database: 'postgres' })

const booked = (given: Partial<BookedRun>): BookedRun => ({
  id: 'x',
  root_id: 'x',
  parent_id: null,
  name: null,
  flow: 'chain',
  state_type: 'completed',
  state_name: 'Completed',
  state_message: null,
  result: null,
  started_by: null,
  schedule_id: null,
  interval_end: null,
  epoch: 1,
  crash_count: 0,
  error: null,
  ...given,
})

const planned = plan.work.map(({ name, result }) =>
  booked({ id: name, name, state_name: result === undefined ? 'Cancelled' : 'Completed', result: `[${result}]` }),
)
const started = plan.work
  .filter(({ kind }) => kind === 'tree')
  .flatMap(({ name, work }) =>
    Array.from({ length: work.count }, (_, at) => booked({ id: `b${at}`, started_by: name })),
  )
const ticks = [0, 1, 2].map((at) => booked({ id: `t${at}`, schedule_id: 's', interval_end: at * 1_000_000 }))

/** What is known of a chaos run in which all went well. */
const good: Evidence = {
  plan,
  ids: new Map(plan.work.map(({ name }) => [name, name])),
  books: { runs: [...planned, ...started, ...ticks], leftovers: { run_queue: 0 }, limits: { small: 1 }, entries: [] },
  ledger: [],
  batches: [],
  broken: [],
  clockOffset: 0,
  scheduleEvery: 1_000_000,
  alarms: [],
}

let count = 0
const entry = (given: Partial<AuditEntry>): AuditEntry => ({
  n: ++count,
  at: 0,
  tx: 1,
  kind: 'task',
  root: 'r',
  key: 'k',
  a: null,
  b: null,
  note: null,
  ...given,
})

const line = (given: Partial<LedgerLine>): LedgerLine => ({
  t: 0,
  event: 'start',
  task: 'step',
  root: 'r',
  run: 'r',
  key: 'k',
  attempt: 1,
  epoch: 1,
  pid: 1,
  machine: 'worker-0',
  ...given,
})

const lawsOf = (change: Partial<Evidence>, books: Partial<Evidence['books']> = {}): readonly string[] =>
  judge({ ...good, ...change, books: { ...good.books, ...books } }).map(({ law, problem }) => `${law}: ${problem}`)

const withRuns = (change: (run: BookedRun) => BookedRun | readonly BookedRun[]) =>
  lawsOf({}, { runs: good.books.runs.flatMap(change) })

test('nothing is found where every law held', () => {
  expect(judge(good)).toEqual([])
})

test('a run that is lost, doubled, failed or wrong is found', () => {
  const first = planned[0]?.id
  const on = (change: (run: BookedRun) => BookedRun | readonly BookedRun[]) =>
    withRuns((run) => (run.id === first ? change(run) : run)).join()
  expect(on(() => [])).toContain('is not there')
  expect(on((run) => [run, { ...run, id: 'y' }])).toContain('2 times')
  expect(on((run) => ({ ...run, state_name: 'Crashed' }))).toContain('is Crashed')
  expect(on((run) => ({ ...run, result: '[0]' }))).toContain('result [0]')
  expect(on((run) => ({ ...run, id: 'y' }))).toContain('another id')
})

test('a started run that is missing or stranded is found, and one that nobody asked for', () => {
  expect(withRuns((run) => (run.id === 'b0' ? [] : run)).join()).toContain('started')
  expect(withRuns((run) => (run.id === 'b0' ? { ...run, state_name: 'Suspended' } : run)).join()).toContain('Suspended')
  expect(lawsOf({}, { runs: [...good.books.runs, booked({ id: 'z' })] }).join()).toContain('nobody asked')
})

test('a body that starts after its checkpoint is found, not one whose checkpoint was dropped', () => {
  const journal = entry({ kind: 'journal', b: 1, note: '1' })
  const batches = [{ root: 'r', epoch: 1, first: 1, last: 1, status: 200 }]
  const final = entry({ b: 1, at: 10_000 })
  const starts = [line({ t: 20_000 })]
  expect(lawsOf({ ledger: starts, batches }, { entries: [journal, final] }).join()).toContain('10 ms after')
  const dropped = entry({ kind: 'dropped', at: 12_000 })
  expect(lawsOf({ ledger: starts, batches }, { entries: [journal, final, dropped] })).toEqual([])
  expect(lawsOf({ ledger: [line({ t: 9_000 })], batches }, { entries: [journal, final] })).toEqual([])
})

test('a write of an epoch that never sent it, one without the fence, and one that was only acknowledged are found', () => {
  const journal = entry({ kind: 'journal', a: 0, b: 3, note: '2' })
  const sent = { root: 'r', first: 1, last: 3, status: 200 }
  expect(lawsOf({ batches: [{ ...sent, epoch: 2 }] }, { entries: [journal] })).toEqual([])
  expect(lawsOf({ batches: [{ ...sent, epoch: 1 }] }, { entries: [journal] }).join()).toContain('never sent')
  const loose = entry({ tx: 9 })
  expect(lawsOf({ batches: [{ ...sent, epoch: 2 }] }, { entries: [journal, loose] }).join()).toContain(
    'without the fence',
  )
  const lost = { ...sent, epoch: 2, first: 4, last: 4 }
  expect(lawsOf({ batches: [{ ...sent, epoch: 2 }, lost] }, { entries: [journal] }).join()).toContain('4 to 4')
})

test('too many slots in the database are found, and too many bodies that still own their run', () => {
  const held = [entry({ kind: 'held', a: 1, note: 'small' }), entry({ kind: 'held', a: 1, note: 'small', root: 'q' })]
  expect(lawsOf({}, { entries: held }).join()).toContain('2 of 1')
  const inside = (root: string, from: number, to: number) => [
    line({ event: 'hold', task: 'small', root, t: from }),
    line({ event: 'free', task: 'small', root, t: to }),
  ]
  const both = [...inside('r', 0, 100_000), ...inside('q', 50_000, 150_000)]
  expect(lawsOf({ ledger: both }).join()).toContain('2 bodies inside small')
  const taken = [entry({ kind: 'epoch', a: 1, b: 2, at: 40_000 })]
  expect(lawsOf({ ledger: both }, { entries: taken })).toEqual([])
})

test('an occurrence that fired twice, or never, is found', () => {
  expect(withRuns((run) => (run.id === 't1' ? [run, { ...run, id: 't1b' }] : run)).join()).toContain('fired twice')
  expect(withRuns((run) => (run.id === 't1' ? [] : run)).join()).toContain('2 s after')
})

test('rows that stay, broken answers and alarms are found', () => {
  expect(lawsOf({}, { leftovers: { assignment: 2 } }).join()).toContain('2 rows of assignment')
  expect(lawsOf({ broken: ['POST 500'], alarms: ['TypeError'] })).toHaveLength(2)
})
