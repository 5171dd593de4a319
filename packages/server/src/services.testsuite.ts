import { dispatchSuite } from './suites/dispatch.testsuite.ts'
import { engineSuite } from './suites/engine.testsuite.ts'
import { eventsSuite } from './suites/events.testsuite.ts'
import type { ServicesHarness } from './suites/harness.testsupport.ts'
import { livenessSuite } from './suites/liveness.testsuite.ts'
import { runsSuite } from './suites/runs.testsuite.ts'
import { schedulesSuite } from './suites/schedules.testsuite.ts'

/** What the services promise, whatever database is behind them. */
export function servicesSuite(harness: ServicesHarness): void {
  dispatchSuite(harness)
  livenessSuite(harness)
  runsSuite(harness)
  engineSuite(harness)
  eventsSuite(harness)
  schedulesSuite(harness)
}
