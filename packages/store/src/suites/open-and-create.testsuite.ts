import { openStore } from '../open-store.ts'
import { rootRun } from './records.testsuite.ts'

// A process of its own: opens the store, creates one run, prints its id.
const [target = '', index = '0'] = process.argv.slice(2)
await using store = await openStore(target)
const run = rootRun({ id: `0199aaaa-0000-7000-8000-${index.padStart(12, '0')}` })
await store.createRun(run)
process.stdout.write(run.id)
