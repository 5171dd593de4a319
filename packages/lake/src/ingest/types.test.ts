import * as z from 'zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { type Ingestion, openIngestion, tableOf } from './ingest.testsupport.ts'

let lake: Ingestion
beforeAll(async () => {
  lake = await openIngestion()
})
afterAll(() => lake[Symbol.asyncDispose]())

let files = 0
function column(...values: readonly string[]): Promise<string> {
  files += 1
  return lake.file(`column-${files}.csv`, `v,n\n${values.map((value) => `${value},1`).join('\n')}\n`)
}

test.each([
  ['whole numbers', ['1', '-2', ''], 'long', [1, -2, null]],
  ['numbers with a point', ['1', '2.50', '1e3'], 'double', [1, 2.5, 1000]],
  ['zero below zero', ['-0', '1'], 'double', [-0, 1]],
  ['NaN and infinities', ['1.5', 'NaN', '-Infinity', 'inf'], 'double', [1.5, Number.NaN, -Infinity, Infinity]],
  ['what is too big for a double', ['1.5', '1e400'], 'string', ['1.5', '1e400']],
  ['the widest 64 bits', ['9223372036854775807', '-9223372036854775808'], 'long', [2n ** 63n - 1n, -(2n ** 63n)]],
  ['more than 64 bits', ['9223372036854775808', '1'], 'decimal(38, 0)', [2n ** 63n, 1]],
  ['more than 38 digits', ['1'.repeat(39), '1'], 'string', ['1'.repeat(39), '1']],
  ['a big integer beside a decimal', ['12345678901234567890', '1.5'], 'string', ['12345678901234567890', '1.5']],
  ['leading zeros', ['007', '008'], 'string', ['007', '008']],
  ['leading zeros far from all', ['7', '08'], 'string', ['7', '08']],
  ['phone numbers', ['+4930123456', '4930123457'], 'string', ['+4930123456', '4930123457']],
  ['underscores', ['1_000', '2'], 'string', ['1_000', '2']],
  ['hexadecimal', ['0x10', '1'], 'string', ['0x10', '1']],
  ['truth', ['true', 'False'], 'boolean', [true, false]],
  ['days', ['2024-02-29', '1583-01-01'], 'date', ['2024-02-29', '1583-01-01']],
  ['days beyond 9999', ['12024-02-29', '2024-01-01'], 'date', ['12024-02-29', '2024-01-01']],
  ['days that are none', ['2024-02-30', '2024-01-01'], 'string', ['2024-02-30', '2024-01-01']],
  ['days as others write them', ['02/03/2024', '04/05/2024'], 'string', ['02/03/2024', '04/05/2024']],
  ['words for times', ['infinity', 'epoch'], 'string', ['infinity', 'epoch']],
  ['times', ['10:20:30', '23:59:59.5'], 'time', ['10:20:30', '23:59:59.5']],
  [
    'times without a zone',
    ['2024-01-01 10:20:30', '1969-12-31T23:59:59.5'],
    'timestamp',
    [new Date('2024-01-01T10:20:30Z'), new Date(-500)],
  ],
  [
    'days and times',
    ['2024-01-01', '2024-01-01 10:00:00'],
    'timestamp',
    [new Date('2024-01-01'), new Date('2024-01-01T10:00:00Z')],
  ],
  [
    'times with a zone',
    ['2024-01-01T10:00:00Z', '2024-01-01 10:00:00+02:00'],
    'timestamptz',
    [new Date('2024-01-01T10:00:00Z'), new Date('2024-01-01T08:00:00Z')],
  ],
  [
    'with a zone and without',
    ['2024-01-01 10:00:00', '2024-01-01 10:00:00Z'],
    'string',
    ['2024-01-01 10:00:00', '2024-01-01 10:00:00Z'],
  ],
  [
    'finer than microseconds',
    ['2024-01-01 10:00:00.1234567', '2024-01-01 10:00:00'],
    'string',
    ['2024-01-01 10:00:00.1234567', '2024-01-01 10:00:00'],
  ],
])('%s are guessed as they are', async (_, values, type, expected) => {
  const { rows, types, rejected } = await lake.load(await column(...values))
  expect(types['v']).toBe(type)
  expect(rows.map((row) => row['v'])).toEqual(expected)
  expect(rejected).toEqual([])
})

test('a column without a value is pending, not made', async () => {
  expect((await lake.load(await column('', ''))).types).toEqual({ n: 'long' })
})

test.each([
  ['long', ['2.0', '007', ' 5 ', '2.50'], [2, 7, 5], 1],
  ['int', ['2', '2.5', '-2147483648'], [2, -2_147_483_648], 1],
  ['double', ['1', '+2', '9007199254740993'], [1, 2], 1],
  ['decimal(5, 2)', ['1.5', '1.500', '1.505'], ['1.50', '1.50'], 1],
  ['string', ['1', 'x'], ['1', 'x'], 0],
  ['boolean', ['yes', '0', '2'], [true, false], 1],
  ['date', ['2024-01-02', '2024-01-02 00:00:00', '2024-01-02 10:00:00'], ['2024-01-02', '2024-01-02'], 1],
  ['timestamptz', ['2024-01-02T00:00:00Z', '2024-01-02 00:00:00'], [new Date('2024-01-02')], 1],
] as const)('a table of %s takes what it can hold without loss', async (type, values, expected, rejected) => {
  const options = { maxRejected: 0.9, contract: { types: 'quarantine' } } as const
  const loaded = await lake.load(await column(...values), { table: tableOf({ v: type, n: 'long' }), options })
  expect(loaded.rows.map((row) => row['v'])).toEqual(expected)
  expect(loaded.rejected).toHaveLength(rejected)
})

test('new columns are added above the last id; the table keeps its own', async () => {
  const table = { ...tableOf({ n: 'long', gone: 'string' }), lastColumnId: 40 } as NonNullable<
    ReturnType<typeof tableOf>
  >
  const { schema, change, schemaUpdates } = await lake.load(await column('x'), { table })
  expect(schema.fields.map(({ id, name }) => [id, name])).toEqual([
    [1, 'n'],
    [2, 'gone'],
    [41, 'v'],
    [42, '_loaded_at'],
    [43, '_load_id'],
    [44, '_source_file'],
  ])
  expect(change).toEqual({ added: ['v'], widened: [], rewritten: [], missing: ['gone'] })
  expect(schemaUpdates.map(({ action }) => action)).toEqual(['add-schema', 'set-current-schema'])
})

test('an int of the table becomes a long when values need it', async () => {
  const table = tableOf({ v: 'int', n: 'long' })
  const same = await lake.load(await column('1'), { table })
  expect(same.types['v']).toBe('int')
  const { change, types, rows } = await lake.load(await column('1', '3000000000'), { table })
  expect([types['v'], rows[1]?.['v']]).toEqual(['long', 3_000_000_000])
  expect(change.widened).toEqual([{ column: 'v', from: 'int', to: 'long' }])
})

test('a decimal of the table gets the digits that values need, and rounds none', async () => {
  const table = tableOf({ v: 'decimal(5, 2)', n: 'long' })
  const loaded = await lake.load(await column('1234', '1.505', '1.5'), { table, options: { maxRejected: 0.5 } })
  expect(loaded.types['v']).toBe('decimal(6, 2)')
  expect([loaded.rows.map((row) => row['v']), loaded.rejected.length]).toEqual([['1234.00', '1.50'], 1])
})

test('contracts freeze or discard columns', async () => {
  const table = tableOf({ n: 'long' })
  await expectCode(
    lake.load(await column('x'), { table, options: { contract: { columns: 'freeze' } } }),
    'LOAD_CONTRACT_BROKEN',
  )
  const dropped = await lake.load(await column('x'), { table, options: { contract: { columns: 'discard' } } })
  expect([dropped.rows, dropped.change.added]).toEqual([[{ n: 1 }], []])
  const pending = await lake.load(await column(''), { table, options: { contract: { columns: 'freeze' } } })
  expect(pending.counts.loaded).toBe(1)
})

test('rows with a value in a column that the table has not go to the quarantine, when the contract says so', async () => {
  const table = tableOf({ n: 'long' })
  const request = { table, options: { maxRejected: 0.9, contract: { columns: 'quarantine' } } } as const
  const empty = await lake.load(await column('', ''), request)
  expect([empty.counts.loaded, empty.writes, empty.change.added]).toEqual([2, 1, []])
  const some = await lake.load(await column('', 'x', ''), request)
  expect(some.counts).toEqual({ records: 3, loaded: 2, quarantined: 1, discarded: 0, filtered: 0 })
  expect(some.rejected).toMatchObject([
    { record: 2, reason: 'COLUMN_UNKNOWN', column_name: 'v', problem: "the table has no such column: 'x'", raw: 'x,1' },
  ])
  const late = await lake.load([...Array.from({ length: 300 }, (_, n) => ({ n })), { n: 300, odd: { a: 1 } }], request)
  expect([late.counts.quarantined, late.types, late.rejected[0]?.['column_name']]).toEqual([1, { n: 'long' }, 'odd'])
  // What a table is made of is for its first load to say.
  expect((await lake.load(await column('x'), { ...request, table: undefined })).types).toEqual({
    v: 'string',
    n: 'long',
  })
})

test.each([
  ['evolve', { loaded: 2, quarantined: 0 }, ['x'], ['s.b']],
  ['discard', { loaded: 2, quarantined: 0 }, [undefined], []],
  ['quarantine', { loaded: 1, quarantined: 1 }, [], []],
] as const)('members of structs that are new go by what is said of columns: %s', async (columns, counts, b, added) => {
  const of = { name: 'a', id: 3, required: false, type: 'long' } as const
  const table = tableOf({ n: 'long', s: { type: 'struct', fields: [of] } })
  const rows = [
    { n: 1, s: { a: 1 } },
    { n: 2, s: { a: 2, b: 'x' } },
  ]
  const loaded = await lake.load(rows, { table, options: { maxRejected: 0.9, contract: { columns } } })
  expect([loaded.counts, loaded.change.added]).toMatchObject([counts, added])
  expect(loaded.rows.slice(1).map(({ s }) => (s as { readonly b?: string }).b)).toEqual(b)
  expect(loaded.rows.map(({ s }) => (s as { readonly a: number }).a)).toEqual(loaded.rows.length === 1 ? [1] : [1, 2])
  expect(loaded.rejected.map(({ reason, column_name: name }) => [reason, name])).toEqual(
    counts.quarantined === 0 ? [] : [['COLUMN_UNKNOWN', 's']],
  )
  await expectCode(lake.load(rows, { table, options: { contract: { columns: 'freeze' } } }), 'LOAD_CONTRACT_BROKEN')
})

test('what the contract says of one column goes before what it says of all, and of several broken rules the strictest counts', async () => {
  const table = tableOf({ a: 'long', b: 'long', c: 'long' })
  const file = await lake.file('rules.csv', 'a,b,c\n1,1,1\nx,1,1\n1,x,1\nx,x,1\n')
  const contract = { types: 'freeze', column: { a: { types: 'discard' }, b: { types: 'quarantine' } } } as const
  const { counts, rejected } = await lake.load(file, { table, options: { maxRejected: 0.9, contract } })
  expect(counts).toEqual({ records: 4, loaded: 1, quarantined: 2, discarded: 1, filtered: 0 })
  expect(rejected).toMatchObject([
    { record: 3, column_name: 'b' },
    { record: 4, column_name: 'b' },
  ])
  const frozen = await lake.file('frozen.csv', 'a,b,c\n1,1,1\nx,1,x\n')
  await expectCode(lake.load(frozen, { table, options: { maxRejected: 0.9, contract } }), 'LOAD_CONTRACT_BROKEN')
  // What a load says of a column goes before what its table says.
  const declared = { contract: { column: { c: { types: 'discard' } } } } as const
  const left = await lake.load(frozen, {
    table,
    declared,
    options: { contract: { column: { a: { types: 'discard' } } } },
  })
  expect(left.counts).toMatchObject({ loaded: 1, discarded: 1 })
})

test('a contract that evolves types widens declared columns too, as far as Iceberg can', async () => {
  const declared = {
    columns: { a: { type: 'int' }, b: { type: 'decimal(4, 2)' }, c: { type: 'date' } },
    maxRejected: 0.9,
  } as const
  const text = 'a,b,c\n1,1.25,2026-01-01\n3000000000,12345.25,2026-01-02\n2,2.5,soon\n'
  const file = await lake.file('evolve.csv', text)
  const kept = await lake.load(file, { declared })
  expect([kept.types, kept.rows.length, kept.rejected.length]).toEqual([
    { a: 'int', b: 'decimal(4, 2)', c: 'date' },
    1,
    2,
  ])
  const grown = await lake.load(file, { declared: { ...declared, contract: { types: 'evolve' } } })
  expect(grown.types).toEqual({ a: 'long', b: 'decimal(7, 2)', c: 'date' })
  expect(grown.counts).toMatchObject({ loaded: 2, quarantined: 1 })
  const table = tableOf({ a: 'int', b: 'decimal(4, 2)', c: 'date' })
  const widened = await lake.load(file, { declared: { ...declared, contract: { types: 'evolve' } }, table })
  expect(widened.change.widened.map((each) => [each.column, each.to])).toEqual([
    ['a', 'long'],
    ['b', 'decimal(7, 2)'],
  ])
})

test.each([
  [{ types: 'evolv' }, 'OPTION_INVALID'],
  [{ colums: 'freeze' }, 'OPTION_UNKNOWN'],
  [{ column: 'freeze' }, 'OPTION_INVALID'],
  [{ column: { fare: { types: 'frozen' } } }, 'OPTION_INVALID'],
  [{ column: { fare: { columns: 'freeze' } } }, 'OPTION_UNKNOWN'],
  [{ column: { Fare: { types: 'freeze' } } }, 'OPTION_INVALID'],
  [{ onTypeChange: 'rewrit' }, 'OPTION_INVALID'],
] as const)('a contract of %j is refused', async (contract, code) => {
  await expectCode(lake.load([{ a: 1 }], { options: { contract: contract as object } }), code)
})

test('contracts freeze or discard types', async () => {
  const table = tableOf({ v: 'long', n: 'long' })
  await expectCode(
    lake.load(await column('1', 'x'), { table, options: { contract: { types: 'freeze' } } }),
    'LOAD_CONTRACT_BROKEN',
  )
  const { counts, rejected } = await lake.load(await column('1', 'x'), {
    table,
    options: { contract: { types: 'discard' } },
  })
  expect([counts, rejected]).toEqual([{ records: 2, loaded: 1, quarantined: 0, discarded: 1, filtered: 0 }, []])
})

test.each(['freeze', 'discard'] as const)(
  'where types are to %s, values that fit are converted, and none is widened',
  async (types) => {
    const table = tableOf({ v: 'double', n: 'int' })
    const request = { table, options: { contract: { types } } } as const
    const fits = await lake.load([{ v: 7, n: 1 }], request)
    expect([fits.rows, fits.change.widened]).toEqual([[{ v: 7, n: 1 }], []])
    const wide = lake.load(
      [
        { v: 1.5, n: 1 },
        { v: 1, n: 2 ** 40 },
      ],
      request,
    )
    if (types === 'freeze') await expectCode(wide, 'LOAD_CONTRACT_BROKEN')
    else expect((await wide).counts).toMatchObject({ loaded: 1, discarded: 1 })
  },
)

test('a schema says types, what is required and what is accepted', async () => {
  const schema = z.object({
    id: z.int(),
    color: z.enum(['red', 'blue']).nullable(),
    score: z.number().optional(),
    note: z.string().optional(),
  })
  const path = await lake.file('declared.csv', 'id,color,score\n1,red,1\n2,,\n3,green,1\n,blue,2\n')
  const { rows, rejected, types } = await lake.load(path, { declared: { schema }, options: { maxRejected: 0.5 } })
  expect(types).toEqual({ id: 'long', color: 'string', score: 'double', note: 'string' })
  expect(rows).toEqual([
    { id: 1, color: 'red', score: 1, note: null },
    { id: 2, color: null, score: null, note: null },
  ])
  expect(rejected).toMatchObject([
    { record: 3, column_name: 'color', reason: 'VALUE_NOT_ACCEPTED' },
    { record: 4, column_name: 'id', reason: 'VALUE_MISSING' },
  ])
})
