import { SluiceError } from '@sluice/core'
import { FakeClock, settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { type HeartbeatNews, Heartbeats } from './heartbeats.ts'

const answer = { leaseMs: 15_000, drop: [], cancelling: [] }

function beatFake(answers: readonly (() => Promise<typeof answer>)[]) {
  const clock = new FakeClock(0)
  const monotonic = (): number => clock.now() / 1000
  const news: HeartbeatNews[] = []
  const sent: number[] = []
  const left = [...answers]
  const beats = new Heartbeats({
    link: {
      heartbeat: () => {
        sent.push(monotonic())
        return left.shift()?.() ?? Promise.resolve(answer)
      },
    },
    platform: { ...clock, monotonic },
    worker: 'w',
    leaseMs: 15_000,
    heartbeatMs: 5_000,
    held: () => [],
    draining: () => false,
    on: (told) => news.push(told),
  })
  return { clock, news, sent, beats }
}

test('a lease holds from before its heartbeat was sent, however late the answer comes', async () => {
  const { promise, resolve } = Promise.withResolvers<typeof answer>()
  const { clock, news, sent } = beatFake([() => promise])
  await clock.advance(8_000)
  resolve(answer)
  await settleTurns()
  expect(sent).toEqual([5_000])
  expect(news).toMatchObject([{ kind: 'renewed', leaseUntil: 20_000 }])
  await clock.advance(5_000)
  expect(sent).toEqual([5_000, 10_000])
})

test('after a failure the next heartbeat comes soon', async () => {
  const { clock, news, sent } = beatFake([() => Promise.reject(new SluiceError('SERVER_UNREACHABLE'))])
  await clock.advance(5_500)
  expect(news.map(({ kind }) => kind)).toEqual(['failed', 'renewed'])
  expect(sent).toEqual([5_000, 5_375])
})

test.each([
  ['WORKER_NOT_FOUND', 'forgotten'],
  ['UNAUTHENTICATED', 'refused'],
] as const)('%s ends the heartbeats', async (code, kind) => {
  const { clock, news, sent } = beatFake([() => Promise.reject(new SluiceError(code))])
  await clock.advance(60_000)
  expect(news).toMatchObject([{ kind }])
  expect(sent).toHaveLength(1)
})

test('one that is asked for does not wait for its time, and none follows a stop', async () => {
  const { clock, sent, beats } = beatFake([])
  beats.beatSoon()
  await clock.advance(0)
  expect(sent).toEqual([0])
  beats.stop()
  await clock.advance(60_000)
  expect(sent).toHaveLength(1)
})

test('a heartbeat that is asked for while one is under way comes right after it', async () => {
  const { promise, resolve } = Promise.withResolvers<typeof answer>()
  const { clock, sent, beats } = beatFake([() => promise])
  await clock.advance(5_000)
  beats.beatSoon()
  await clock.advance(100)
  expect(sent).toEqual([5_000])
  resolve(answer)
  await settleTurns()
  await clock.advance(1)
  expect(sent).toEqual([5_000, 5_100])
  await clock.advance(5_000)
  expect(sent).toEqual([5_000, 5_100, 10_100])
})
