import { openStore } from '@sluice/store'
import { describe } from 'vitest'
import { lostRequestsSuite } from './lost-requests.testsuite.ts'

describe.each([false, true])('over a connection that stays open: %s', (isLinked) =>
  lostRequestsSuite(() => openStore(':memory:'), isLinked),
)
