import { expect, test } from 'vitest'
import { openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { createLake } from '../catalog/embedded-lake.testsupport.ts'
import { verifyLake } from '../catalog/verify-lake.ts'
import { startScript } from '../testing/processes.testsupport.ts'
import { tablesOf } from '../testing/test-lake.testsupport.ts'

const leaseMs = 600

test('a writer that is stopped with the lease of a table is overtaken, and plans again when it goes on: nothing is lost', async () => {
  await using base = await createLake()
  const catalog = await openEmbeddedCatalog(base.store, base.storage, { leaseMs })
  await using tables = tablesOf(base, catalog, base.storage)
  await tables.load('append', 'a.b', [{ id: 'old', n: 0 }])
  const writer = startScript(new URL('stopped-writer.fixture.ts', import.meta.url), [
    base.target,
    base.root,
    String(leaseMs),
  ])
  try {
    await writer.line('planned')
    writer.process.kill('SIGSTOP')
    // Waits for the lease until that of the stopped process has expired.
    const rows = [
      { id: 'both', n: 2 },
      { id: 'second', n: 2 },
    ]
    expect(await tables.merge('a.b', rows, { key: ['id'] })).toMatchObject({ inserted: 2 })
    expect(await tables.rows('a.b')).toHaveLength(3)
    writer.process.kill('SIGCONT')
    writer.process.stdin?.write('go\n')
    await writer.line('merged')
    await writer.ended
    // For what it had planned on, and for its lease, when it plans on something else under that.
    expect(new Set(writer.lines())).toEqual(new Set(['planned', 'refused LAKE_COMMIT_CONFLICT', 'merged 1 1']))
  } finally {
    writer.process.kill('SIGKILL')
  }
  const found = (await tables.rows('a.b')).map(({ id, n }) => `${String(id)} ${String(n)}`).toSorted()
  expect(found).toEqual(['both 1', 'first 1', 'old 0', 'second 2'])
  expect(await verifyLake(tables.lake)).toMatchObject({ problems: [] })
}, 60_000)
