import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyLake } from '../catalog/verify-lake.ts'
import { pyiceberg } from '../format/pyiceberg.testsupport.ts'
import { tagTable } from '../manage/tag-table.ts'
import { platform } from '../platform.ts'
import { pyicebergScans } from '../testing/other-readers.testsupport.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { compactTable } from './compact-table.ts'
import { dropFromLake } from './drop-from-lake.ts'
import { expireTable } from './expire-table.ts'
import { sweepLake } from './sweep-lake.ts'

let tables: TestTables
let count = 0
beforeAll(async () => {
  tables = await openTestTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

const runs = Number(process.env['RUNS'] ?? 2)

const step = fc.constantFrom(
  'append',
  'append',
  'append',
  'replace',
  'delete',
  'tag',
  'expire',
  'compact',
  'sweep',
  'drop',
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A table in memory: what it holds now, and what its tags held. */
interface Model {
  name: string
  rows: readonly number[]
  readonly tags: Map<string, readonly number[]>
  next: number
}

const numbers = (rows: readonly Record<string, unknown>[]): readonly number[] =>
  rows.map((row) => Number(row['id'])).toSorted((a, b) => a - b)

/** Manifests are merged from three on. */
async function mergeEarly(name: string): Promise<void> {
  const updates = [{ action: 'set-properties', updates: { 'commit.manifest.min-count-to-merge': '3' } } as const]
  await tables.lake.catalog.commit({ id: platform.newId(), tables: [{ name, requirements: [], updates }] })
}

async function play(model: Model, what: Step): Promise<void> {
  const { lake } = tables
  const { name } = model
  const ids = [model.next, model.next + 1]
  const rows = ids.map((id) => ({ id }))
  model.next += 2
  if (what === 'append' || what === 'replace') {
    await tables.load(what, name, rows)
    model.rows = what === 'append' ? [...model.rows, ...ids] : ids
  } else if (what === 'delete') {
    const [id = -1] = model.rows
    await tables.delete(name, { id })
    model.rows = model.rows.filter((each) => each !== id)
  } else if (what === 'tag') {
    const tag = `v${model.next}`
    await tagTable(lake, name, tag)
    model.tags.set(tag, model.rows)
  } else if (what === 'expire') await expireTable(lake, name, { olderThan: 0, grace: 0 })
  else if (what === 'compact') await compactTable(lake, name, { leastFiles: 2 })
  else if (what === 'sweep') await sweepLake(lake, { grace: 0 })
  else {
    await dropFromLake(lake, name, { purge: true, grace: 0 })
    model.tags.clear()
    model.rows = ids
    await tables.load('append', name, rows)
  }
}

test('after any loads, deletions, expiries, compactions, sweeps and drops a table reads as one in memory would, and so do its tags', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      const model: Model = { name: `a.m${++count}`, rows: [], tags: new Map(), next: 1 }
      await play(model, 'append')
      await mergeEarly(model.name)
      for (const what of steps) await play(model, what)
      expect(numbers(await tables.rows(model.name))).toEqual(model.rows)
      for (const [version, rows] of model.tags)
        expect(numbers(await tables.rows(model.name, { version }))).toEqual(rows)
      expect(await verifyLake(tables.lake)).toMatchObject({ problems: [] })
      if (pyiceberg === undefined) return
      const metadata = tables.lake.storage.addressOf((await tables.view(model.name)).pointer.metadataKey)
      expect(numbers(pyicebergScans([{ metadata }])[0]?.rows ?? [])).toEqual(model.rows)
    }),
    { numRuns: runs },
  )
}, 300_000)
