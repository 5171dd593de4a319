import { expect, test } from 'vitest'
import { SluiceError } from '@sluice/core'
import { platform as real } from './platform.ts'
import { busyPatienceMs, retryBusy } from './retry-busy.ts'

const busy = new SluiceError('STORE_UNAVAILABLE', { busy: true })

/** Time passes only while somebody sleeps. */
function fakePlatform() {
  const pauses: number[] = []
  const elapsed = () => pauses.reduce((sum, pause) => sum + pause, 0)
  const sleep = async (ms: number) => void pauses.push(ms)
  return { ...real, pauses, elapsed, sleep, random: () => 0.5 }
}

test('a busy store is asked again after pauses that grow to about 25 ms', async () => {
  const platform = fakePlatform()
  let left = 6
  const answer = await retryBusy(platform, () => {
    left -= 1
    if (left > 0) throw busy
    return 'done'
  })
  expect(answer).toBe('done')
  expect(platform.pauses).toEqual([2, 3, 5, 9, 13.5])
})

test('patience ends, and then the caller is told', async () => {
  const platform = fakePlatform()
  await expect(retryBusy(platform, () => Promise.reject(busy))).rejects.toBe(busy)
  expect(platform.elapsed()).toBeGreaterThan(busyPatienceMs)
  expect(platform.elapsed()).toBeLessThan(busyPatienceMs + 50)
})

test('what trying again does not help is told at once', async () => {
  for (const error of [new SluiceError('STORE_UNAVAILABLE', {}), new SluiceError('STORE_FULL'), new Error('x')]) {
    const platform = fakePlatform()
    await expect(retryBusy(platform, () => Promise.reject(error))).rejects.toBe(error)
    expect(platform.pauses).toEqual([])
  }
})
