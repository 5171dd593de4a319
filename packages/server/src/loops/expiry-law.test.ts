import { expect, test } from 'vitest'
import { testClock } from '../testing/test-clock.testsupport.ts'
import { createExpiryLaw } from './expiry-law.ts'

test('nothing expires for a whole lease after the start, and after any disturbance', async () => {
  const clock = testClock()
  const law = createExpiryLaw(clock, 15_000)
  await clock.advance(15_000)
  expect(law.mayExpire).toBe(false)
  await clock.advance(1)
  expect(law.mayExpire).toBe(true)
  law.disturbed()
  expect(law.mayExpire).toBe(false)
  await clock.advance(10_000)
  law.disturbed()
  await clock.advance(15_000)
  expect(law.mayExpire).toBe(false)
  await clock.advance(1)
  expect(law.mayExpire).toBe(true)
})
