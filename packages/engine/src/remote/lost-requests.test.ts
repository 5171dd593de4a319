import { openStore } from '@sluice/store'
import { lostRequestsSuite } from './lost-requests.testsuite.ts'

lostRequestsSuite(() => openStore(':memory:'))
