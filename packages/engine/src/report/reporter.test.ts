import { expect, test } from 'vitest'
import { colorFrom } from './environment.ts'
import { directStream, interceptWrites, type SharedStream } from './intercept-writes.ts'
import { jsonLine } from './json-reporter.ts'
import { progressBar, progressText } from './progress-bar.ts'
import { fakeClock, fakeStream } from './fake-terminal.fixture.ts'
import { Story } from './story.fixture.ts'
import { createReporter, modeFrom } from './reporter.ts'
import { clipText, textWidth } from './text-width.ts'

test('the mode follows the terminal, CI and SLUICE_LOG', () => {
  const terminal = fakeStream()
  const pipe = fakeStream({ isTTY: false })
  expect(modeFrom({}, terminal)).toBe('live')
  expect(modeFrom({ CI: 'true' }, terminal)).toBe('plain')
  expect(modeFrom({ TERM: 'dumb' }, terminal)).toBe('plain')
  expect(modeFrom({}, pipe)).toBe('plain')
  expect(modeFrom({ SLUICE_LOG: 'json' }, terminal)).toBe('json')
  expect(modeFrom({ SLUICE_LOG: 'silent' }, terminal)).toBe('silent')
  expect(modeFrom({ SLUICE_LOG: 'live', CI: '1' }, terminal)).toBe('live')
  expect(modeFrom({ SLUICE_LOG: 'live' }, pipe)).toBe('plain')
})

test('a SLUICE_LOG that is no mode is refused with the modes there are', () => {
  expect(() => modeFrom({ SLUICE_LOG: 'verbose' }, fakeStream())).toThrow(
    /'verbose' is not one of live, plain, json, silent/,
  )
  expect(modeFrom({ SLUICE_LOG: '' }, fakeStream())).toBe('live')
})

test('NO_COLOR beats FORCE_COLOR beats what the terminal says', () => {
  const terminal = { ...fakeStream(), hasColors: () => true }
  expect(colorFrom({}, terminal)).toBe(true)
  expect(colorFrom({ NO_COLOR: '0' }, terminal)).toBe(false)
  expect(colorFrom({ FORCE_COLOR: '1' }, fakeStream({ isTTY: false }))).toBe(true)
  expect(colorFrom({ FORCE_COLOR: '1', NO_COLOR: '1' }, terminal)).toBe(false)
  expect(colorFrom({ FORCE_COLOR: '0' }, terminal)).toBe(false)
})

test('a JSON line has stable names, UTC times, the error with its cause, and nothing without a value', () => {
  const story = new Story(fakeClock(1_700_000_000_000_000))
  const error = new TypeError('bad', { cause: Object.assign(new Error('down'), { code: 'ECONNREFUSED' }) })
  expect(JSON.parse(jsonLine(story.task('t1', 'load', 'Failed', { error, attempt: 2 })))).toEqual({
    t: '2023-11-14T22:13:20.000Z',
    kind: 'task',
    rootId: story.rootId,
    runId: story.rootId,
    taskRunId: 't1',
    task: 'load',
    replayed: false,
    state: 'Failed',
    type: 'failed',
    attempt: 2,
    ms: 0,
    error: { name: 'TypeError', message: 'bad', cause: { name: 'Error', code: 'ECONNREFUSED', message: 'down' } },
  })
  expect(JSON.parse(jsonLine(story.log('hi\n', { fields: { n: 1 } })))).toMatchObject({
    kind: 'log',
    level: 30,
    message: 'hi\n',
    fields: { n: 1 },
    source: 'ingest',
  })
  expect(JSON.parse(jsonLine(story.progress(null, 'load', 3)))).toMatchObject({ kind: 'progress', done: 3 })
  expect(JSON.parse(jsonLine(story.flow('Running', { location: 'x.db' })))).toMatchObject({
    kind: 'flow',
    resumed: false,
    location: 'x.db',
    state: 'Running',
  })
})

test('silent writes nothing', () => {
  const stream = fakeStream()
  const story = new Story(fakeClock())
  createReporter({ stream, mode: 'silent', color: false, clock: fakeClock() }).event(story.flow('Running'))
  expect(stream.written).toEqual([])
})

test('writes that are taken aside come back whole, and the stream is as before afterwards', async () => {
  const written: string[] = []
  const stream: SharedStream = { write: (chunk) => written.push(String(chunk)) > 0 }
  const original: unknown = Reflect.get(stream, 'write')
  const direct = directStream(stream)
  const seen: string[] = []
  const restore = interceptWrites([stream], (text) => seen.push(text))
  const taxi = Buffer.from('🚕')
  stream.write(taxi.subarray(0, 2))
  stream.write(taxi.subarray(2))
  await new Promise<void>((resolve) => void stream.write('x', 'utf8', resolve))
  direct.write('past it')
  restore()
  expect(seen.join('')).toBe('🚕x')
  expect(written).toEqual(['past it'])
  expect(Reflect.get(stream, 'write')).toBe(original)
})

test('a progress bar is as wide as asked, also out of range', () => {
  for (const share of [-1, 0, 0.01, 0.5, 0.999, 1, 7, Number.NaN]) expect(textWidth(progressBar(share, 12))).toBe(12)
  expect(progressBar(0.5, 10)).toBe('▕████    ▏')
  expect(progressText({ done: 1_234_567, total: 2_000_000, label: 'rows' })).toBe('1,234,567/2,000,000 rows')
  expect(progressText({ done: 0.375, total: 1 })).toBe('37 %')
})

test('widths: combining marks take none, wide characters two, and cutting never splits one', () => {
  expect(textWidth('e\u0301')).toBe(1)
  expect(textWidth('東京')).toBe(4)
  expect(clipText('東京都', 4)).toBe('東…')
  expect(clipText('abc', 3)).toBe('abc')
  expect(clipText('abc', 0)).toBe('')
})
