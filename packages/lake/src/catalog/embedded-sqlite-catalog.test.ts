import { createLake } from './embedded-lake.testsupport.ts'
import { catalogSuite } from './lake-catalog.testsuite.ts'

catalogSuite({ create: () => createLake() })
