import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { alterTable } from './alter-table.ts'
import { diffTable } from './diff-table.ts'

const name = 'bronze.people'
let tables: TestTables
let [first, merged]: readonly string[] = []

beforeAll(async () => {
  tables = await openTestTables()
  const table = { columns: { phone: { sensitive: true } } }
  const rows = [
    { id: 1, name: 'Ada', phone: '1' },
    { id: 2, name: 'Bob', phone: '2' },
    { id: 3, name: 'Cy', phone: '3' },
  ]
  first = (await tables.load('append', name, rows, { table })).snapshot ?? ''
  await tables.load('append', name, [{ id: 4, name: 'Di', phone: '4' }], { table })
  await alterTable(tables.lake, name, { rename: { name: 'full_name' } })
  const next = [
    { id: 1, full_name: 'Ada', phone: '1' },
    { id: 2, full_name: 'Bobby', phone: '9' },
    { id: 4, full_name: 'Di', phone: '4' },
    { id: 5, full_name: 'Ed', phone: '5', tip: 0.5 },
  ]
  merged = (await tables.load('replace', name, next, { table })).snapshot ?? ''
})
afterAll(() => tables[Symbol.asyncDispose]())

test('rows of one key are added, removed or changed, whatever their columns were called', async () => {
  const diff = await diffTable(tables.lake, name, { from: first ?? '', key: ['id'] })
  expect(diff).toMatchObject({
    from: first,
    to: merged,
    schema: ['name is now full_name', '+ tip double'],
    rows: { before: 3, after: 4 },
    added: 2,
    removed: 1,
    changed: 1,
    samples: {
      removed: [{ id: 3, full_name: 'Cy', phone: '********', tip: null }],
      changed: [
        {
          before: { id: 2, full_name: 'Bob', phone: '********' },
          after: { id: 2, full_name: 'Bobby', phone: '********' },
        },
      ],
    },
  })
  expect(diff.samples.added.map(({ id }) => Number(id)).toSorted((x, y) => x - y)).toEqual([4, 5])
})

test('without a key rows are the same when their values are, as often as they come', async () => {
  const { added, removed, changed } = await diffTable(tables.lake, name, { from: first ?? '' })
  expect({ added, removed, changed }).toEqual({ added: 3, removed: 2, changed: 0 })
})

test('a version does not differ from itself, and its files are not read', async () => {
  const diff = await diffTable(tables.lake, name, { from: merged ?? '', key: ['id'] })
  expect(diff).toMatchObject({ added: 0, removed: 0, changed: 0, schema: [] })
})

test('what several rows share is no key, and what is not there is said so', async () => {
  await tables.load('append', 'bronze.twice', [{ id: 1 }, { id: 1 }])
  const { snapshot = '' } = await tables.load('append', 'bronze.twice', [{ id: 2 }])
  await tables.load('replace', 'bronze.twice', [{ id: 3 }])
  await expectCode(diffTable(tables.lake, 'bronze.twice', { from: snapshot, key: ['id'] }), 'OPTION_INVALID')
  await expectCode(diffTable(tables.lake, name, { from: first ?? '', key: ['nothing'] }), 'TABLE_COLUMN_UNKNOWN')
  await expectCode(diffTable(tables.lake, name, { from: 'nothing' }), 'TABLE_VERSION_NOT_FOUND')
})

test('an older version compares with a newer one as the newer one with it, also of a type that was widened', async () => {
  const table = { columns: { n: { type: 'int' } } }
  const narrow = (await tables.load('append', 'bronze.widened', [{ id: 1, n: 1 }], { table })).snapshot ?? ''
  await alterTable(tables.lake, 'bronze.widened', { widen: { n: 'long' } })
  await tables.load('append', 'bronze.widened', [{ id: 2, n: 2 ** 40, tip: 1 }])
  const [to, fro] = [
    await diffTable(tables.lake, 'bronze.widened', { from: narrow }),
    await diffTable(tables.lake, 'bronze.widened', { from: 'main', to: narrow }),
  ]
  expect(to).toMatchObject({ added: 1, removed: 0, samples: { added: [{ id: 2, n: 2 ** 40, tip: 1 }] } })
  expect(fro).toMatchObject({ added: 0, removed: 1, samples: { removed: [{ id: 2, n: 2 ** 40, tip: 1 }] } })
})
