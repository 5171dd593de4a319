import { openLakeAt } from './embedded-lake.testsupport.ts'
import { appendRows } from './test-table.testsupport.ts'

// A process of its own: appends rows from a number on, and says of each that it is kept. A commit has its row's name as id.
const [target = '', root = '', writer = '', from = '0', count = '0'] = process.argv.slice(2)
const lake = await openLakeAt({ target, root })
const table = await lake.catalog.find('a.b')
if (table === undefined) throw new Error('there is no a.b')
for (let at = Number(from); at < Number(count); at += 1) {
  const row = `w${writer}-${String(at).padStart(3, '0')}`
  await appendRows(lake, table, [row], { id: row })
  process.stdout.write(`kept ${row}\n`)
}
await lake.store.close()
