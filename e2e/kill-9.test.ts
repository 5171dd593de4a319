import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'vitest'
import { surviveKills } from './kills.ts'
import { cleanUpAfterEach, makePlace } from './spawn.ts'

cleanUpAfterEach()

test('a script that is killed five times in a row, each time later, is continued to its end', async () => {
  await surviveKills(makePlace(), [2, 6, 1, 9, 4])
})

test('a script that is killed at arbitrary moments, while it starts too, is continued to its end', async () => {
  // The moments are faults, not waits: whatever the machine has done by then, the outcome is the same.
  const at = (ms: number) => () => delay(ms)
  await surviveKills(makePlace(), [at(150), at(330), at(290), at(410)])
})
