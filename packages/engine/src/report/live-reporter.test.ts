import { SluiceError } from '@sluice/core'
import { expect, test } from 'vitest'
import { LiveReporter } from './live-reporter.ts'
import { fakeClock, fakeStream, screenOf } from './fake-terminal.fixture.ts'
import { Story } from './story.fixture.ts'
import { textWidth } from './text-width.ts'

function live(size: { columns?: number; rows?: number } = {}) {
  const clock = fakeClock()
  const stream = fakeStream({ columns: 60, ...size })
  let exit: (() => void) | undefined
  let foreign: ((text: string) => void) | undefined
  const reporter = new LiveReporter({
    stream,
    color: false,
    minLevel: 30,
    host: {
      clock,
      onExit: (fn) => ((exit = fn), () => (exit = undefined)),
      intercept: (fn) => ((foreign = fn), () => (foreign = undefined)),
    },
  })
  return {
    clock,
    stream,
    reporter,
    story: new Story(clock),
    screen: () => screenOf(stream.written),
    exit: () => exit?.(),
    foreign: (text: string) => foreign?.(text),
    hooked: () => exit !== undefined || foreign !== undefined,
  }
}

test('a frame shows tasks with state, running time, attempt, progress and the wait for a retry', () => {
  const { reporter, story, clock, screen } = live()
  reporter.event(story.flow('Running'))
  reporter.event(story.task('t1', 'extract', 'Running'))
  reporter.event(story.task('t2', 'load', 'Running', { attempt: 2 }))
  reporter.event(story.task('t3', 'fetch', 'Running'))
  reporter.event(story.task('t4', 'clean', 'Cached'))
  clock.advance(1000)
  reporter.event(story.task('t1', 'extract', 'Completed'))
  reporter.event(story.progress('t2', 'load', 37, 100))
  reporter.event(
    story.task('t3', 'fetch', 'AwaitingRetry', {
      error: new Error('HTTP 503'),
      waitingFor: { kind: 'time', until: clock.now() + 8_000_000 },
    }),
  )
  clock.advance(200)
  expect(screen()).toEqual([
    '⠹ ingest 0199a1b2-c3d4-7abc                           1.2 s',
    '├ ✓ extract                                             1 s',
    '├ ⠹ load attempt 2 ▕██▏   ▏ 37/100                    1.2 s',
    '├ ↻ fetch retry in 8 s: Error: HTTP 503               1.2 s',
    '└ ✓ clean cached',
    '',
  ])
})

test('many calls of one task are one line with counts', () => {
  const { reporter, story, clock, screen } = live({ columns: 80 })
  reporter.event(story.flow('Running'))
  for (let i = 0; i < 100; i++) reporter.event(story.task(`t${i}`, 'extract', 'Running'))
  for (let i = 0; i < 36; i++) reporter.event(story.task(`t${i}`, 'extract', 'Completed'))
  reporter.event(story.task('t36', 'extract', 'Failed'))
  clock.advance(100)
  expect(screen()[1]).toMatch(/^└ \S extract 37\/100 ▕████▍       ▏ 63 running 1 failed +0\.1 s$/)
})

test('child runs are trees of their own, and nested tasks hang below their caller', () => {
  const { reporter, story, clock, screen } = live()
  reporter.event(story.flow('Running'))
  reporter.event(story.flow('Running', { id: 'c1', flow: 'month', name: 'yellow 01' }))
  reporter.event(story.task('t1', 'outer', 'Running', { runId: 'c1' }))
  reporter.event(story.task('t2', 'inner', 'Running', { runId: 'c1', parentTaskId: 't1' }))
  clock.advance(100)
  expect(screen().map((line) => line.replace(/ +0\.1 s$/, ''))).toEqual([
    '⠙ ingest 0199a1b2-c3d4-7abc',
    '└ ⠙ yellow 01',
    '  └ ⠙ outer',
    '    └ ⠙ inner',
    '',
  ])
})

test('child runs stay in the order of their calls, whichever ends first', () => {
  const { reporter, story, clock, screen } = live()
  reporter.event(story.flow('Running'))
  for (const name of ['one', 'two', 'three']) reporter.event(story.flow('Running', { id: name, flow: 'month', name }))
  reporter.event(story.flow('Completed', { id: 'three', flow: 'month', name: 'three' }))
  reporter.event(story.flow('Completed', { id: 'two', flow: 'month', name: 'two' }))
  clock.advance(100)
  expect(
    screen()
      .slice(2, 5)
      .map((line) => line.slice(4).split(' ')[1]),
  ).toEqual(['one', 'two', 'three'])
})

test('no frame is taller than the terminal less two lines: finished work folds first, then the rest', () => {
  for (const rows of [4, 6, 10, 16, 24]) {
    const { reporter, story, clock, stream, screen } = live({ rows })
    reporter.event(story.flow('Running'))
    for (let i = 0; i < 8; i++) {
      reporter.event(story.flow('Running', { id: `c${i}`, flow: `month-${i}` }))
      for (let t = 0; t < 5; t++) reporter.event(story.task(`t${i}.${t}`, `task-${t}`, 'Running', { runId: `c${i}` }))
      if (i < 4)
        for (let t = 0; t < 5; t++)
          reporter.event(story.task(`t${i}.${t}`, `task-${t}`, 'Completed', { runId: `c${i}` }))
      if (i < 4) reporter.event(story.flow('Completed', { id: `c${i}`, flow: `month-${i}` }))
    }
    clock.advance(100)
    expect(stream.written.length).toBe(1)
    expect(screen().length - 1).toBeLessThanOrEqual(rows - 2)
    expect(screen()[0]).toContain('ingest')
    if (rows === 10) expect(screen().join('\n')).toContain('✓ month-0, month-1, month-2, month-3')
  }
})

test('lines fit a terminal of 40 columns, wide characters counted as two', () => {
  const { reporter, story, clock, screen } = live({ columns: 40 })
  reporter.event(story.flow('Running', { name: '東京タクシーの行程データを読み込んで整形する' }))
  reporter.event(story.task('t1', 'a-task-with-a-name-that-does-not-fit-here-at-all', 'Running'))
  reporter.event(story.task('t2', '🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕🚕', 'Running'))
  clock.advance(100)
  for (const line of screen()) expect(textWidth(line)).toBeLessThanOrEqual(39)
  expect(screen()[1]).toMatch(/…\s+0\.1 s$/)
})

test('logs and the prints of others scroll above the tree, whole lines only', () => {
  const { reporter, story, clock, screen, foreign } = live()
  reporter.event(story.flow('Running'))
  clock.advance(100)
  reporter.event(story.log('12 rows dropped', { level: 40, source: 'clean' }))
  foreign('hello\nwor')
  clock.advance(100)
  expect(screen().slice(0, 2)).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d clean warn 12 rows dropped$/), 'hello'])
  expect(screen()[2]).toContain('ingest')
  foreign('ld')
  reporter.event(story.flow('Completed'))
  expect(screen().slice(2)).toEqual([
    expect.stringMatching(/^✓ ingest/),
    expect.stringMatching(/^✓ ingest completed in 200 ms · 0 tasks/),
    'world',
    '',
  ])
})

test('a log line says which child runs it came from', () => {
  const { reporter, story, clock, screen } = live()
  reporter.event(story.flow('Running'))
  reporter.event(story.flow('Running', { id: 'c1', flow: 'month', name: 'green 2020-05' }))
  reporter.event(story.flow('Running', { id: 'c2', flow: 'web-to-parquet', parentId: 'c1' }))
  reporter.event(story.log('dropped', { runId: 'c2', source: 'clean' }))
  clock.advance(100)
  expect(screen()[0]).toMatch(/^\S+ green 2020-05 › web-to-parquet › clean dropped$/)
})

test('a cancellation is told when it begins; a group it cut short does not look complete', () => {
  const { reporter, story, clock, screen } = live({ columns: 80 })
  reporter.event(story.flow('Running'))
  for (let i = 0; i < 6; i++) reporter.event(story.task(`t${i}`, 'month', 'Running'))
  for (let i = 0; i < 2; i++) reporter.event(story.task(`t${i}`, 'month', 'Completed'))
  reporter.event(story.flow('Cancelling'))
  expect(screen()[0]).toBe("ingest cancelling … waits up to 10 s for the flow's own code; Ctrl-C again kills")
  const error = new SluiceError('RUN_CANCELLED', {})
  for (let i = 2; i < 6; i++) reporter.event(story.task(`t${i}`, 'month', 'Cancelled', { error }))
  reporter.event(story.task('t6', 'load', 'Cancelled', { error }))
  clock.advance(100)
  expect(screen()[2]).toMatch(/^├ ⊘ month 2\/6 4 cancelled/)
  expect(screen()[3]).toMatch(/^└ ⊘ load cancelled +0 ms$/)
})

test('every frame is one write, and an unchanged frame is none', () => {
  const { reporter, story, clock, stream } = live()
  reporter.event(story.flow('Paused', { startedAt: clock.now() }))
  clock.advance(1000)
  const frames = stream.written.length
  expect(frames).toBeGreaterThan(1)
  expect(frames).toBeLessThanOrEqual(10)
  for (const frame of stream.written)
    expect(frame.startsWith('\u001b[?2026h') && frame.endsWith('\u001b[?2026l')).toBe(true)
})

test('after a terminal was made narrower the next frame begins where the wrapped one did', () => {
  const { reporter, story, clock, stream } = live({ columns: 60 })
  reporter.event(story.flow('Running'))
  reporter.event(story.task('t1', 'extract', 'Running'))
  clock.advance(100)
  stream.columns = 30
  clock.advance(100)
  // Two lines of 59 columns stand on two rows each.
  expect(stream.written.at(-1)).toContain('\u001b[4A')
})

test('a failed run leaves its tree, the error and the way on; timer, hooks and cursor are as before', () => {
  const { reporter, story, clock, screen, stream, hooked } = live()
  const error = new Error('no such table')
  error.stack = 'Error: no such table\n    at load (/home/me/etl.ts:3:1)'
  reporter.event(story.flow('Running'))
  reporter.event(story.task('t1', 'load', 'Failed', { error }))
  expect(hooked()).toBe(true)
  reporter.event(story.flow('Failed', { error }))
  expect(screen()).toEqual([
    '✗ ingest 0199a1b2-c3d4-7abc failed: Error: no such ta… 0 ms',
    '└ ✗ load failed: Error: no such table                  0 ms',
    '✗ ingest failed in 0 ms · 1 task, 1 failed · 0199a1b2-c3d4-7abc',
    '  Error: no such table',
    '    at load (/home/me/etl.ts:3:1)',
    '  Continue it: npx sluice runs retry 0199a1b2-c3d4-7abc',
    '  Look closer: npx sluice runs show 0199a1b2-c3d4-7abc',
    '',
  ])
  expect(hooked()).toBe(false)
  expect(clock.timers).toBe(0)
  expect(stream.text()).not.toContain('\u001b[?25l')
})

test('a process that ends in the middle of a run shows what was still waiting to be written', () => {
  const { reporter, story, screen, exit } = live()
  reporter.event(story.flow('Running'))
  reporter.event(story.log('last words'))
  exit()
  expect(screen()[0]).toMatch(/^\d\d:\d\d:\d\d ingest last words$/)
  expect(screen()[1]).toContain('⠋ ingest'.slice(2))
})

test('of a hundred thousand ended calls the tree keeps a handful', () => {
  const { reporter, story, clock, screen } = live({ columns: 80 })
  reporter.event(story.flow('Running'))
  for (let i = 0; i < 100_000; i++) {
    reporter.event(story.task(`t${i}`, 'extract', 'Running'))
    reporter.event(story.task(`t${i}`, 'extract', 'Completed'))
  }
  clock.advance(100)
  expect(screen()[1]).toMatch(/✓ extract 100,000\/100,000/)
})
