import { type EmbeddedLake, openLakeAt } from '../catalog/embedded-lake.testsupport.ts'
import { tablesOf } from '../testing/test-lake.testsupport.ts'

// A process of its own that changes one table in turns: appends a row, merges one of its own keys and one that all processes share,
// and deletes what it merged the time before.
const [target = '', root = '', writer = '', count = '0'] = process.argv.slice(2)
const lake = await openLakeAt({ target, root })
await using tables = tablesOf(lake as EmbeddedLake, lake.catalog, lake.storage)
for (let at = 0; at < Number(count); at += 1) {
  const own = `${writer}-${at}`
  await tables.load('append', 'a.b', [{ id: `append ${own}`, n: at }])
  const rows = [
    { id: `merge ${own}`, n: at },
    { id: 'shared', n: at },
  ]
  await tables.merge('a.b', rows, { key: ['id'] })
  if (at > 0) await tables.delete('a.b', { id: `merge ${writer}-${at - 1}` })
  process.stdout.write(`done ${at}\n`)
}
await lake.store.close()
