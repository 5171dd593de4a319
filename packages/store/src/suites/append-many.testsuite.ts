import { openStore } from '../open-store.ts'
import { platform } from '../platform.ts'
import { retryBusy } from '../retry-busy.ts'
import { batch, logLine, rootRun, task } from './records.testsuite.ts'

// A process of its own among several at one database: a run of its own, a hundred appends, a few logs.
const [target = '', index = '0'] = process.argv.slice(2)
await using store = await openStore(target)
const run = rootRun({ id: `0199bbbb-0000-7000-8000-${index.padStart(12, '0')}` })
await store.createRun(run)
for (let first = 1; first <= 100; first += 1) {
  await retryBusy(platform, () => store.appendJournal(batch(run.id, first, [task(run.id, first)])))
  if (first % 10 === 0) await store.appendLogs([logLine(run.id, `${first}`)])
}
process.stdout.write(run.id)
