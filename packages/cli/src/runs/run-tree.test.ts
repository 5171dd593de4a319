import { stateOf, type Micros, type StateName } from '@sluice/core'
import { lineWidth, paintLine, painter } from '@sluice/engine/report'
import type { RunRecord, TaskRunRecord } from '@sluice/store'
import { expect, test } from 'vitest'
import { activeBefore, activeStretches } from './active-time.ts'
import { headerLines } from './run-header.ts'
import { replayedCalls } from './replayed-calls.ts'
import { buildTree, collapseCalls, groupStats } from './run-tree.ts'
import { treeLines, type TreeView } from './run-tree-lines.ts'

const second = 1_000_000
const view: TreeView = { width: 80, now: 100 * second, all: false, replayed: new Set() }

test('every call is on its line with its time and its place in the run', () => {
  const root = run('r', { from: 0, to: 10 })
  const tasks = [task('a', 'extract', { from: 0, to: 5 }), task('b', 'load', { from: 5, to: 10, attempt: 2 })]
  expect(drawn(root, [], tasks)).toEqual([
    '✓ ingest                                                   10 s ━━━━━━━━━━━━━━━━',
    '├ ✓ extract                                                 5 s ━━━━━━━━',
    '└ ✓ load attempt 2                                          5 s         ━━━━━━━━',
  ])
})

test('child runs and tasks hang below what called them; an unknown caller leaves a call below its run', () => {
  const root = run('r', { from: 0, to: 10 })
  const child = run('c', { from: 0, to: 10, flow: 'month', name: 'yellow 01', parentId: 'r' })
  const tasks = [
    task('a', 'outer', { from: 0, to: 9, runId: 'c' }),
    task('b', 'inner', { from: 1, to: 2, runId: 'c', parentTaskId: 'a' }),
    task('x', 'lost', { from: 3, to: 4, runId: 'c', parentTaskId: 'gone' }),
  ]
  expect(drawn(root, [child], tasks).map((line) => line.split(/ {3,}/)[0])).toEqual([
    '✓ ingest',
    '└ ✓ month “yellow 01”',
    '  ├ ✓ outer',
    '  │ └ ✓ inner',
    '  └ ✓ lost',
  ])
})

test('equal calls are one line with counts and times, of their failures the first stay visible', () => {
  const root = run('r', { from: 0, to: 10 })
  const tasks = Array.from({ length: 100 }, (_, i) =>
    task(`t${String(i).padStart(3, '0')}`, 'extract', {
      from: 0,
      to: 1 + (i % 5),
      state: i < 98 ? 'Completed' : 'Failed',
    }),
  )
  expect(drawn(root, [], tasks).slice(1)).toEqual([
    '└ ✗ extract ×100  98 completed, 2 failed  p50 3 s max…      5 s ━━━━━━━━',
    '  ├ ✗ extract failed: Error: boom                           4 s ━━━━━━━',
    '  └ ✗ extract failed: Error: boom                           5 s ━━━━━━━━',
  ])
  expect(drawn(root, [], tasks, { ...view, all: true })).toHaveLength(101)
})

test('what many equal calls have called is told together below them', () => {
  const root = run('r', { from: 0, to: 10 })
  const outer = Array.from({ length: 10 }, (_, i) => task(`o${i}`, 'outer', { from: 0, to: 2 }))
  const inner = Array.from({ length: 10 }, (_, i) => task(`i${i}`, 'inner', { from: 0, to: 1, parentTaskId: `o${i}` }))
  const items = collapseCalls(buildTree(root, [], [...outer, ...inner]).children, false)
  expect(items).toMatchObject([{ kind: 'group', name: 'outer', children: [{ kind: 'group', name: 'inner' }] }])
})

test('a night between a failure and its retry is in no duration and in no bar', () => {
  const night = 3600
  const root = {
    ...run('r', { from: 0, to: night + 5 }),
    timeline: [
      ['Running', 0],
      ['Failed', 5 * second],
      ['Retrying', night * second],
      ['Completed', (night + 5) * second],
    ] as const,
  }
  const tasks = [task('a', 'extract', { from: 0, to: 5 }), task('b', 'load', { from: night, to: night + 5 })]
  const lines = drawn(root, [], tasks, { ...view, replayed: replayedCalls(root, [], tasks) })
  expect(lines).toEqual([
    '✓ ingest                                                   10 s ━━━━━━━━━━━━━━━━',
    '├ ✓ extract replayed                                        5 s ━━━━━━━━',
    '└ ✓ load                                                    5 s         ━━━━━━━━',
  ])
  expect(activeBefore(activeStretches(root, 0), Infinity)).toBe(10 * second)
})

test('a waiting call says what it waits for', () => {
  const root = run('r', { from: 0, to: null, state: 'Running' })
  const waiting = {
    ...task('a', 'fetch', { from: 0, to: null }),
    state: stateOf('AwaitingConcurrencySlot', 0, { waitingFor: { kind: 'limit', limit: 'db' } }),
  }
  expect(drawn(root, [], [waiting])[1]).toContain("fetch waits for a slot of limit 'db'")
})

test('after a resume that took another way only what it used is replayed', () => {
  const root = {
    ...run('r', { from: 0, to: 20 }),
    nondeterministic: true,
    timeline: [
      ['Running', 0],
      ['Crashed', 5 * second],
      ['Retrying', 10 * second],
      ['Completed', 20 * second],
    ] as const,
  }
  const used = task('used', 'extract', { from: 0, to: 2 })
  const orphan = task('orphan', 'clean', { from: 2, to: 4 })
  const later = { ...task('later', 'load', { from: 10, to: 20 }), upstream: { data: ['used'], after: [] } }
  expect(replayedCalls(root, [], [used, orphan, later])).toEqual(new Set(['used']))
  expect(replayedCalls({ ...root, nondeterministic: false }, [], [used, orphan, later]).size).toBe(2)
})

test('a name gives way to its marks, and is not said twice', () => {
  const root = run('r', { from: 0, to: 10 })
  const long = { ...task('a', 'fetch', { from: 0, to: 5, attempt: 2 }), runName: `fetch generated:${'x'.repeat(80)}` }
  const [, line = ''] = drawn(root, [], [long], { ...view, replayed: new Set(['a']) })
  expect(line).toMatch(/^└ ✓ fetch generated:x+… attempt 2 replayed +5 s/)
  expect(line.length).toBeLessThanOrEqual(80)
})

test('what a crash interrupted does not look as if it ran, and a group cut short not as if it were done', () => {
  const root = run('r', { from: 0, to: 10, state: 'Crashed' })
  const open = task('a', 'fetch', { from: 0, to: null, state: 'Running' })
  expect(drawn(root, [], [open])[1]).toMatch(/^└ ◐ fetch interrupted +10 s/)
  const steps = Array.from({ length: 4 }, (_, i) =>
    task(`s${i}`, 'step', { from: 0, to: 1, state: i < 3 ? 'Completed' : 'Cancelled' }),
  )
  expect(drawn(root, [], steps)[1]).toMatch(/^└ ⊘ step ×4 {2}3 completed, 1 cancelled/)
})

test('a cancelled call says so and no more', () => {
  const error = { name: 'SluiceError', code: 'RUN_CANCELLED', message: 'Run r was cancelled.' }
  const cancelled = { ...task('a', 'fetch', { from: 0, to: 5, state: 'Cancelled' }), error }
  expect(drawn(run('r', { from: 0, to: 10, state: 'Cancelled' }), [], [cancelled])[1]).toMatch(
    /^└ ⊘ fetch cancelled {3}/,
  )
})

test('crashes are told from the second on, when nothing was recorded between them', () => {
  const counts = { total: 2, completed: 1, cached: 0, failed: 0, cancelled: 0, other: 1, retries: 0 }
  const told = (crashCount: number): string =>
    headerLines(
      { ...run('r', { from: 0, to: 10, state: 'Crashed' }), crashCount },
      { counts, parameters: null, now: 0 },
    )
      .map((line) => paintLine(line, painter(false)))
      .join('\n')
  expect(told(1)).not.toMatch(/crashes|1 crash/)
  expect(told(2)).toContain('2 crashes without progress between them')
  expect(told(1)).toContain('2 tasks: 1 completed, 1 interrupted')
})

test('a narrow terminal gets no bars, and no line is wider than the terminal', () => {
  const root = run('r', { from: 0, to: 10, name: 'a name that is far too long for a terminal of forty columns' })
  const tree = buildTree(root, [], [task('a', 'extract', { from: 0, to: 10 })])
  for (const width of [40, 60, 80, 200]) {
    for (const line of treeLines(tree, { ...view, width })) expect(lineWidth(line)).toBeLessThanOrEqual(width)
  }
  expect(
    treeLines(tree, { ...view, width: 40 })
      .map((line) => paintLine(line, painter(false)))
      .join(''),
  ).not.toContain('━')
})

test('the median and the longest count only calls that ended', () => {
  const calls = [1, 2, 9].map((to, i) => task(`t${i}`, 'x', { from: 0, to }))
  const nodes = buildTree(
    run('r', { from: 0, to: 10 }),
    [],
    [...calls, task('open', 'x', { from: 0, to: null, state: 'Running' })],
  ).children
  expect(groupStats(nodes)).toMatchObject({ p50: 2 * second, max: 9 * second })
})

function drawn(root: RunRecord, runs: readonly RunRecord[], tasks: readonly TaskRunRecord[], options = view): string[] {
  return treeLines(buildTree(root, runs, tasks), options).map((line) => paintLine(line, painter(false)).trimEnd())
}

interface Given {
  readonly from: number
  readonly to: number | null
  readonly state?: StateName
  readonly attempt?: number
  readonly runId?: string
  readonly parentId?: string
  readonly parentTaskId?: string
  readonly flow?: string
  readonly name?: string
}

function common(id: string, given: Given) {
  const at: Micros = given.from * second
  const name = given.state ?? 'Completed'
  const endedAt = given.to === null ? null : given.to * second
  return {
    id,
    rootId: 'r',
    key: id,
    parentTaskId: given.parentTaskId ?? null,
    tags: [],
    state: stateOf(name, endedAt ?? at),
    timeline: endedAt === null ? [['Running', at] as const] : [['Running', at] as const, [name, endedAt] as const],
    attempt: given.attempt ?? 1,
    result: null,
    error: name === 'Failed' ? { name: 'Error', message: 'boom' } : null,
    unhandled: [],
    upstream: { data: [], after: [] },
    createdAt: at,
    startedAt: at,
    endedAt,
    seq: 1,
    checkpoint: true,
  }
}

function run(id: string, given: Given): RunRecord {
  return {
    ...common(id, given),
    parentId: given.parentId ?? null,
    flow: given.flow ?? 'ingest',
    flowVersion: null,
    name: given.name ?? null,
    description: null,
    entrypoint: null,
    parameters: { text: '' },
    workspace: 'default',
    createdBy: 'test',
    owner: null,
    rerunOf: null,
    epoch: 1,
    journalSeq: 1,
    crashCount: 0,
    nondeterministic: false,
  }
}

function task(id: string, name: string, given: Given): TaskRunRecord {
  return { ...common(id, given), runId: given.runId ?? 'r', name, runName: null, version: null, resumable: true }
}
