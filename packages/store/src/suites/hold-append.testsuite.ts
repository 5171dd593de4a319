import { createDatabaseAt } from '../sqlite/sqlite-harness.testsuite.ts'
import { batch, task } from './records.testsuite.ts'

// A process of its own: the late owner. It passes the fence, says so, and commits when it is told to.
const [target = '', runId = ''] = process.argv.slice(2)
const held = await createDatabaseAt(target).holdAppend(batch(runId, 1, [task(runId, 1)]))
console.log('held')
for await (const _ of process.stdin) await held.commit()
