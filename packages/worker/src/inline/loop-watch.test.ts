import { FakeClock } from '@sluice/testing'
import { expect, test } from 'vitest'
import type { HeldRun } from '../heartbeats.ts'
import { LoopWatch } from './loop-watch.ts'

function watchFake(strict: boolean, held: readonly HeldRun[] = []) {
  const clock = new FakeClock(0)
  const told: string[] = []
  const watch: LoopWatch = new LoopWatch({
    platform: { ...clock, monotonic: () => clock.now() / 1000 },
    strict,
    held: () => held,
    ping: () => undefined,
    warn: (message) => told.push(message),
    timedOut: async ({ id }) => void told.push(`timed out ${id}`),
    end: () => told.push('end'),
  })
  return { clock, told, watch }
}

const run: HeldRun = { id: 'a', epoch: 1, flow: 'ingest', timeUpAt: 7_000 }

test('a loop that is blocked for more than 5 s is told once, with the flows that may do it', async () => {
  const { clock, told, watch } = watchFake(false, [{ ...run, timeUpAt: undefined }])
  await clock.advance(4_000)
  watch.alive()
  await clock.advance(5_000)
  expect(told).toEqual([])
  await clock.advance(10_000)
  expect(told).toEqual([expect.stringMatching(/blocked for 6 s.*ingest.*lease is kept/)])
})

test('a time limit is told to the server a second after the loop should have done so, and ends the process only if strict', async () => {
  for (const strict of [false, true]) {
    const { clock, told } = watchFake(strict, [run])
    await clock.advance(8_000)
    expect(told).toHaveLength(1)
    await clock.advance(3_000)
    expect(told.slice(1)).toEqual(strict ? ['timed out a', 'end'] : ['timed out a'])
  }
})

test('a loop that turns is not ended, whatever its runs do', async () => {
  const { clock, told, watch } = watchFake(true, [run])
  for (let second = 0; second < 12; second++) {
    await clock.advance(1_000)
    watch.alive()
  }
  expect(told).toEqual(['timed out a'])
})
