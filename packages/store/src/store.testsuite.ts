import { batchingSuite } from './suites/batching.testsuite.ts'
import { careSuite } from './suites/care.testsuite.ts'
import { catalogSuite } from './suites/catalog.testsuite.ts'
import { deploymentSuite } from './suites/deployments.testsuite.ts'
import { claimSuite } from './suites/claims.testsuite.ts'
import { dispatchCrowdSuite } from './suites/dispatch-crowd.testsuite.ts'
import { dispatchPlanSuite } from './suites/dispatch-plans.testsuite.ts'
import { eventSuite } from './suites/events.testsuite.ts'
import { fenceSuite } from './suites/fence.testsuite.ts'
import type { StoreHarness } from './suites/harness.testsuite.ts'
import { journalSuite } from './suites/journal.testsuite.ts'
import { lakeLineageSuite } from './suites/lake-lineage.testsuite.ts'
import { lakePlanSuite } from './suites/lake-plans.testsuite.ts'
import { lakeTrustSuite } from './suites/lake-trust.testsuite.ts'
import { lakeSuite } from './suites/lake.testsuite.ts'
import { lakeTicketsSuite } from './suites/lake-tickets.testsuite.ts'
import { limitSuite } from './suites/limits.testsuite.ts'
import { openingSuite } from './suites/opening.testsuite.ts'
import { ownershipSuite } from './suites/ownership.testsuite.ts'
import { planSuite } from './suites/plans.testsuite.ts'
import { queueSuite } from './suites/queue.testsuite.ts'
import { readingSuite } from './suites/reading.testsuite.ts'
import { retentionSuite } from './suites/retention.testsuite.ts'
import { rootEntrySuite } from './suites/root-entries.testsuite.ts'
import { runListSuite } from './suites/run-lists.testsuite.ts'
import { runSearchSuite } from './suites/run-search.testsuite.ts'
import { runSuite } from './suites/runs.testsuite.ts'
import { scheduleSuite } from './suites/schedules.testsuite.ts'
import { signalSuite } from './suites/signals.testsuite.ts'
import { waitSuite } from './suites/waits.testsuite.ts'
import { workerSuite } from './suites/workers.testsuite.ts'

/** What every store promises, whatever database is behind it. */
export function storeSuite(harness: StoreHarness): void {
  openingSuite(harness)
  runSuite(harness)
  runListSuite(harness)
  ownershipSuite(harness)
  journalSuite(harness)
  rootEntrySuite(harness)
  batchingSuite(harness)
  fenceSuite(harness)
  readingSuite(harness)
  retentionSuite(harness)
  queueSuite(harness)
  claimSuite(harness)
  workerSuite(harness)
  limitSuite(harness)
  waitSuite(harness)
  deploymentSuite(harness)
  scheduleSuite(harness)
  signalSuite(harness)
  catalogSuite(harness)
  careSuite(harness)
  planSuite(harness)
  dispatchPlanSuite(harness)
  dispatchCrowdSuite(harness)
  eventSuite(harness)
  runSearchSuite(harness)
  lakeSuite(harness)
  lakeTicketsSuite(harness)
  lakeLineageSuite(harness)
  lakePlanSuite(harness)
  lakeTrustSuite(harness)
}
