import { SluiceError } from '@sluice/core'
import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { silentLog } from '../log.ts'
import { gate, type Gate } from '../testing/gate.testsupport.ts'
import { testClock, type TestClock } from '../testing/test-clock.testsupport.ts'
import { type LoopOptions, startLoop } from './loop.ts'

interface Watched {
  readonly options: LoopOptions
  readonly clock: TestClock
  readonly turns: Gate<number | void>[]
  disturbed: number
  readonly told: string[]
}

function watched(more: Partial<LoopOptions> = {}): Watched {
  const clock = testClock()
  const turns: Gate<number | void>[] = []
  const told: string[] = []
  const told_ = (message: string): void => void told.push(message)
  const watch: Watched = {
    clock,
    turns,
    disturbed: 0,
    told,
    options: {
      name: 'test',
      everyMs: 1_000,
      clock,
      log: { ...silentLog, info: told_, warn: told_, error: told_ },
      onDisturbed: () => void watch.disturbed++,
      turn: () => {
        const next = gate<number | void>()
        turns.push(next)
        return next.passed
      },
      ...more,
    },
  }
  return watch
}

const away = new SluiceError('STORE_UNAVAILABLE')

describe('a loop', () => {
  test('begins at once and comes again after its time', async () => {
    const { options, clock, turns } = watched()
    const loop = startLoop(options)
    await clock.advance(0)
    expect(turns).toHaveLength(1)
    turns[0]?.open()
    await clock.advance(900)
    expect(turns).toHaveLength(1)
    await clock.advance(200)
    expect(turns).toHaveLength(2)
    turns[1]?.open()
    await loop.stop()
  })

  test('never does two turns at once; a wake-up during a turn leads to another right after it', async () => {
    const { options, clock, turns } = watched()
    const loop = startLoop(options)
    await clock.advance(0)
    loop.wake()
    loop.wake()
    await clock.advance(10_000)
    expect(turns).toHaveLength(1)
    turns[0]?.open()
    await clock.advance(0)
    expect(turns).toHaveLength(2)
    turns[1]?.open()
    await clock.advance(900)
    expect(turns).toHaveLength(2)
    await loop.stop()
  })

  test('comes when its turn said', async () => {
    const { options, clock, turns } = watched()
    const loop = startLoop(options)
    await clock.advance(0)
    turns[0]?.open(7)
    await clock.advance(6)
    expect(turns).toHaveLength(1)
    await clock.advance(1)
    expect(turns).toHaveLength(2)
    turns[1]?.open()
    await loop.stop()
  })

  test('goes on after failures, later each time, and a wake-up does not hurry it', async () => {
    const { options, clock, turns, told } = watched()
    const loop = startLoop(options)
    await clock.advance(0)
    turns[0]?.fail(away)
    await clock.advance(0)
    loop.wake()
    await clock.advance(999)
    expect(turns).toHaveLength(1)
    await clock.advance(1)
    expect(turns).toHaveLength(2)
    turns[1]?.fail(away)
    await clock.advance(1_999)
    expect(turns).toHaveLength(2)
    await clock.advance(1)
    turns[2]?.open()
    await clock.advance(0)
    // Told once when it began and once when it was over, not at every turn.
    expect(told).toEqual(['test failed and tries again', 'test goes on'])
    await loop.stop()
  })

  test('tells failures and late turns as disturbances', async () => {
    const watch = watched({ lateAfterMs: 5_000 })
    const loop = startLoop(watch.options)
    await watch.clock.advance(0)
    watch.turns[0]?.open()
    await settleTurns()
    expect(watch.disturbed).toBe(0)
    watch.clock.freeze(20_000)
    await watch.clock.advance(0)
    expect(watch.disturbed).toBe(1)
    watch.turns[1]?.fail(away)
    await settleTurns()
    expect(watch.disturbed).toBe(2)
    await loop.stop()
  })

  test('stops when the turn under way has ended, and begins none after that', async () => {
    const { options, clock, turns } = watched()
    const loop = startLoop(options)
    await clock.advance(0)
    loop.wake()
    let stopped = false
    const stop = loop.stop().then(() => (stopped = true))
    await clock.advance(10_000)
    expect(stopped).toBe(false)
    turns[0]?.open()
    await stop
    loop.wake()
    await clock.advance(10_000)
    expect(turns).toHaveLength(1)
  })
})
