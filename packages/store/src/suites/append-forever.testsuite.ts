import { openStore } from '../open-store.ts'
import { batch, rootRun, task } from './records.testsuite.ts'

// A process of its own: an owner that appends batch after batch until it is killed, and says what it knows to be kept.
const [target = '', runId = ''] = process.argv.slice(2)
await using store = await openStore(target)
await store.createRun(rootRun({ id: runId }))
for (let first = 1; ; first += 3) {
  await store.appendJournal(
    batch(
      runId,
      first,
      [0, 1, 2].map((step) => task(runId, first + step)),
    ),
  )
  console.log(`kept ${first + 2}`)
}
