import { SluiceError } from '@sluice/core'
import { expect, test } from 'vitest'
import { errorLines } from './error-text.ts'
import { fakeClock, fakeStream } from './fake-terminal.fixture.ts'
import { Story } from './story.fixture.ts'
import { PlainReporter } from './plain-reporter.ts'

function plain() {
  const clock = fakeClock()
  const stream = fakeStream({ isTTY: false })
  const reporter = new PlainReporter({ stream, color: false, clock, minLevel: 30 })
  const lines = () =>
    stream
      .text()
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''))
  return { clock, stream, reporter, lines, story: new Story(clock) }
}

test('a run tells its start and place, each end with its duration, and a summary', () => {
  const { reporter, story, clock, lines } = plain()
  reporter.event(story.flow('Running', { location: '.sluice/sluice.db' }))
  reporter.event(story.task('t1', 'extract', 'Running'))
  clock.advance(430)
  reporter.event(story.task('t1', 'extract', 'Completed'))
  reporter.event(story.task('t2', 'load', 'Cached'))
  reporter.event(story.flow('Completed'))
  expect(lines()).toEqual([
    '▶ ingest · 0199a1b2-c3d4-7abc · recorded in .sluice/sluice.db',
    'extract ✓ 430 ms',
    'load ✓ cached',
    '✓ ingest completed in 430 ms · 2 tasks, 1 cached · 0199a1b2-c3d4-7abc',
  ])
})

test('a retry tells its reason and its delay, once', () => {
  const { reporter, story, clock, lines } = plain()
  reporter.event(story.flow('Running'))
  reporter.event(story.task('t1', 'extract', 'Running'))
  const error = new Error('HTTP 503')
  reporter.event(
    story.task('t1', 'extract', 'AwaitingRetry', {
      error,
      waitingFor: { kind: 'time', until: clock.now() + 10_000_000 },
    }),
  )
  clock.advance(10_000)
  reporter.event(story.task('t1', 'extract', 'Retrying', { attempt: 2 }))
  clock.advance(200)
  reporter.event(story.task('t1', 'extract', 'Completed', { attempt: 2 }))
  expect(lines().slice(1)).toEqual(['extract ↻ retry in 10 s: Error: HTTP 503', 'extract ✓ 10.2 s (attempt 2)'])
})

test('a failed run tells the error, its cause, the place in the user code, and how to continue', () => {
  const { reporter, story, lines } = plain()
  const cause = new Error('socket\n hang up')
  cause.stack = 'Error: socket\n hang up\n    at Socket.read (node:net:1:1)'
  const error = new TypeError('bad row', { cause })
  error.stack =
    'TypeError: bad row\n    at node:internal/x:1:1\n    at f (/x/node_modules/pg/i.js:1:2)\n    at load (file:///home/me/etl.ts:12:9)'
  reporter.event(story.flow('Running'))
  reporter.event(story.task('t1', 'load', 'Failed', { error, attempt: 3 }))
  reporter.event(story.flow('Failed', { error }))
  expect(lines().slice(1)).toEqual([
    expect.stringMatching(/^load ✗ failed after .* \(attempt 3\): TypeError: bad row$/),
    expect.stringMatching(/^✗ ingest failed in .* · 1 task, 1 failed, 2 retries · 0199a1b2-c3d4-7abc$/),
    '  TypeError: bad row',
    '    caused by Error: socket hang up',
    '    at load (/home/me/etl.ts:12:9)',
    '  Continue it: npx sluice runs retry 0199a1b2-c3d4-7abc',
    '  Look closer: npx sluice runs show 0199a1b2-c3d4-7abc',
  ])
})

test('a cancelled run says at once what it waits for, and its end in one line with the way on', () => {
  const { reporter, story, lines } = plain()
  const error = new SluiceError('RUN_CANCELLED', { run: story.rootId, problem: 'Ctrl-C' })
  reporter.event(story.flow('Running'))
  reporter.event(story.task('t1', 'load', 'Running'))
  reporter.event(story.flow('Cancelling'))
  reporter.event(story.flow('Cancelling'))
  reporter.event(story.task('t1', 'load', 'Cancelled', { error }))
  reporter.event(story.flow('Cancelled', { error, message: error.message }))
  expect(lines().slice(1)).toEqual([
    "ingest cancelling … waits up to 10 s for the flow's own code; Ctrl-C again kills",
    'load ⊘ cancelled',
    '⊘ ingest cancelled in 0 ms · 1 task, 1 cancelled · 0199a1b2-c3d4-7abc · Ctrl-C',
    '  Continue it: npx sluice runs retry 0199a1b2-c3d4-7abc',
  ])
})

test('a cause that only repeats what its error says is left out', () => {
  const error = new Error('load failed: disk full', { cause: new Error('disk full', { cause: new Error('EIO') }) })
  error.stack = ''
  expect(errorLines(error).filter((line) => !line.startsWith('at '))).toEqual([
    'Error: load failed: disk full',
    'caused by Error: EIO',
  ])
})

test('a run that continues says so and counts what was replayed, without a line for each', () => {
  const { reporter, story, lines } = plain()
  reporter.event(story.flow('Running', { resumed: true }))
  for (let i = 0; i < 1000; i++)
    reporter.event(story.task(`t${i}`, 'extract', 'Completed', { replayed: true, attempt: 2 }))
  reporter.event(story.flow('Completed', { resumed: true }))
  expect(lines()).toEqual([
    '▶ ingest continues · 0199a1b2-c3d4-7abc',
    expect.stringContaining('1,000 tasks, 1,000 replayed'),
  ])
})

test('fifty thousand tasks make a bounded number of lines, failures included', () => {
  const { reporter, story, clock, lines } = plain()
  reporter.event(story.flow('Running'))
  for (let i = 0; i < 50_000; i++) {
    reporter.event(story.task(`t${i}`, 'extract', 'Running'))
    reporter.event(story.task(`t${i}`, 'extract', i % 100 === 0 ? 'Failed' : 'Completed'))
    if (i % 10 === 0) clock.advance(1)
  }
  reporter.event(story.flow('Completed'))
  expect(lines().length).toBeLessThan(20 + 100 + 5 + 5)
  expect(lines().join('\n')).toMatch(/… extract [\d,]+ finished \(\+[\d,]+, [\d,]+ more failed\)/)
  expect(lines().at(-1)).toContain('50,000 tasks, 500 failed')
})

test('fifty thousand child runs of one task each are bounded too', () => {
  const { reporter, story, clock, lines } = plain()
  reporter.event(story.flow('Running'))
  for (let i = 0; i < 50_000; i++) {
    reporter.event(story.flow('Running', { id: `c${i}`, flow: 'month' }))
    reporter.event(story.task(`t${i}`, 'extract', 'Completed', { runId: `c${i}` }))
    reporter.event(story.flow('Completed', { id: `c${i}`, flow: 'month' }))
    if (i % 10 === 0) clock.advance(1)
  }
  reporter.event(story.flow('Completed'))
  expect(lines().length).toBeLessThan(600)
  expect(lines().join('\n')).toMatch(
    /… month [\d,]+ finished \(\+[\d,]+\) · extract|… extract [\d,]+ finished \(\+[\d,]+\) · month/,
  )
})

test('lines of a child run carry its name, logs their source and level', () => {
  const { reporter, story, lines } = plain()
  reporter.event(story.flow('Running'))
  reporter.event(story.flow('Running', { id: 'c1', flow: 'month', name: 'yellow 01' }))
  reporter.event(story.task('t1', 'load', 'Cached', { runId: 'c1' }))
  reporter.event(story.log('rows\nskipped', { runId: 'c1', source: 'load', level: 40, fields: { rows: 3 } }))
  reporter.event(story.log('hidden', { level: 20 }))
  expect(lines().slice(1)).toEqual(['yellow 01 › load ✓ cached', 'yellow 01 › load warn rows  rows=3', '  skipped'])
})

test('progress speaks at most every two seconds per source', () => {
  const { reporter, story, clock, lines } = plain()
  reporter.event(story.flow('Running'))
  for (let i = 1; i <= 50; i++) {
    reporter.event(story.progress('t1', 'load', i * 1000, 50_000))
    clock.advance(100)
  }
  expect(lines().slice(1)).toEqual([
    'load ▕▏         ▏ 1,000/50,000',
    'load ▕████▏     ▏ 21,000/50,000',
    'load ▕████████▏ ▏ 41,000/50,000',
  ])
})

test('a long silence names what is still running', () => {
  const { reporter, story, clock, lines } = plain()
  reporter.event(story.flow('Running'))
  reporter.event(story.task('t1', 'train', 'Running'))
  clock.advance(31_000)
  expect(lines().slice(1)).toEqual(['… still running: train (30 s)'])
})

test('escape sequences in a message do not reach the terminal', () => {
  const { reporter, story, stream } = plain()
  reporter.event(story.flow('Running'))
  reporter.event(story.log('\u001b[2Jgone\u0007\u001b]0;title\u0007'))
  expect(stream.text()).not.toMatch(/[\u001b\u0007]/)
})

test('the timer runs only while a root run does', () => {
  const { reporter, story, clock } = plain()
  expect(clock.timers).toBe(0)
  reporter.event(story.flow('Running'))
  expect(clock.timers).toBe(1)
  reporter.event(story.flow('Cancelled'))
  expect(clock.timers).toBe(0)
})
