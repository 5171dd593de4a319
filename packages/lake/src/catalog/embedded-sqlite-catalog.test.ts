import { createLake } from './embedded-lake.testsupport.ts'
import { killedWritersSuite } from './killed-writers.testsuite.ts'
import { catalogSuite } from './lake-catalog.testsuite.ts'

catalogSuite({ create: () => createLake() })
killedWritersSuite(() => createLake())
