import { createInterface } from 'node:readline'
import { openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { type EmbeddedLake, openLakeAt } from '../catalog/embedded-lake.testsupport.ts'
import type { LakeCommit } from '../catalog/lake-catalog.ts'
import { tablesOf } from '../testing/test-lake.testsupport.ts'

// A process of its own that merges two rows. When it has planned that, with the lease of the table, it says so and waits for a line.
const [target = '', root = '', leaseMs = ''] = process.argv.slice(2)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const lake = await openLakeAt({ target, root })
const lines = createInterface({ input: process.stdin })
const heard = new Promise((resolve) => void lines.once('line', resolve))
const catalog = await openEmbeddedCatalog(lake.store, lake.storage, { leaseMs: Number(leaseMs) })
const commit = catalog.commit.bind(catalog)
catalog.commit = async (asked: LakeCommit) => {
  say('planned')
  await heard
  try {
    return await commit(asked)
  } catch (error) {
    say(`refused ${(error as { readonly code?: string }).code}`)
    throw error
  }
}
await using tables = tablesOf(lake as EmbeddedLake, catalog, lake.storage)
const rows = [
  { id: 'both', n: 1 },
  { id: 'first', n: 1 },
]
const { inserted, updated } = await tables.merge('a.b', rows, { key: ['id'] })
say(`merged ${inserted} ${updated}`)
lines.close()
await lake.store.close()
