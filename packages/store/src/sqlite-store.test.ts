import { sqliteHarness } from './sqlite/sqlite-harness.testsuite.ts'
import { storeSuite } from './store.testsuite.ts'

storeSuite(sqliteHarness)
