import { test } from 'vitest'
import { cleanUpAfterEach, makePlace } from './spawn.ts'
import { wakeTheLateOwner } from './superseded.ts'

cleanUpAfterEach()

test('a process that wakes up after its run was taken over writes nothing and ends as fenced', () =>
  wakeTheLateOwner(makePlace()))
