import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDuck } from '../duckdb/open-duck.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { avroFiles } from './avro/avro-files.fixture.ts'
import { type Ingestion, openIngestion, tableOf } from './ingest.testsupport.ts'

let lake: Ingestion
beforeAll(async () => {
  lake = await openIngestion()
})
afterAll(() => lake[Symbol.asyncDispose]())

const both = [
  { id: 1, name: 'x' },
  { id: 2, name: 'y' },
]

test('a path, a glob, a list, a file URL and a stream give the same rows', async () => {
  const one = await lake.file('part-1.csv', 'id,name\n1,x\n')
  const two = await lake.file('part-2.csv', 'name,id\ny,2\n')
  expect((await lake.load([one, two])).rows).toEqual(both)
  expect((await lake.load(`${lake.directory}/part-*.csv`)).rows).toEqual(both)
  expect((await lake.load(pathToFileURL(two))).rows).toEqual([both[1]])
  const stream = new Blob([await readFile(one)]).stream()
  const streamed = await lake.load(stream)
  expect(streamed.all).toMatchObject([{ id: 1, name: 'x', _source_file: null, _load_id: 'load-1' }])
  expect((await lake.load(one)).all[0]?.['_source_file']).toBe(one)
})

// More than what a plan is made by, in bytes and in rows: the rest is counted while it is written.
const manyLines = Array.from(
  { length: 21_000 },
  (_, i) => `${i},${i / 8},2026-01-31 10:00:00,"row, ${i} ${'.'.repeat(20)}"`,
)
const manyTypes = { id: 'long', fare: 'double', at: 'timestamp', name: 'string' }

test.each([
  { what: 'is plain', end: '2,1.5,,x', last: { id: 2, fare: 1.5, at: null, name: 'x' }, writes: 1 },
  { what: 'is written on Windows', newline: '\r\n', end: '2,1,,"x"', last: { id: 2, name: 'x' }, writes: 1 },
  {
    what: 'has a text at its end',
    end: '007,1,,',
    last: { id: '007' },
    types: { ...manyTypes, id: 'string' },
    writes: 3,
  },
  { what: 'has a number of another form at its end', end: '2,1e5,,', last: { id: 2, fare: 100_000 }, writes: 2 },
  { what: 'has a quote within a text', end: '2,1,,a"b', last: { id: 2, name: 'a"b' }, writes: 2 },
])('a large file that $what loses nothing', async ({ what, newline = '\n', end, last, types = manyTypes, writes }) => {
  const file = await lake.file(`${what}.csv`, ['id,fare,at,name', ...manyLines, end].join(newline))
  const loaded = await lake.load(file)
  expect([loaded.rows.length, loaded.counts.records, loaded.counts.loaded]).toEqual([21_001, 21_001, 21_001])
  expect(loaded).toMatchObject({ types, writes })
  expect(loaded.rows[12]).toEqual({
    id: types.id === 'long' ? 12 : '12',
    fare: 1.5,
    at: new Date('2026-01-31T10:00:00Z'),
    name: `row, 12 ${'.'.repeat(20)}`,
  })
  expect(loaded.rows.at(-1)).toMatchObject(last)
})

test('an address is read once, and neither its query nor its password is told', async () => {
  let asked = 0
  const logins: unknown[] = []
  const server = createServer((request, response) => {
    asked += 1
    logins.push(request.headers.authorization)
    response.statusCode = request.url?.startsWith('/gone') ? 404 : 200
    response.end('id,name\n1,x\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const loaded = await lake.load(`${origin}/a/b.csv?signature=secret`)
    expect(loaded.all).toMatchObject([{ id: 1, name: 'x', _source_file: `${origin}/a/b.csv` }])
    expect([loaded.source, asked]).toEqual([`${origin}/a/b.csv`, 1])
    const asAnn = await lake.load(`${origin.replace('//', '//ann:p%40ss@')}/a/b.csv`)
    expect([asAnn.source, logins.at(-1)]).toEqual([`${origin}/a/b.csv`, `Basic ${btoa('ann:p@ss')}`])
    await expectCode(lake.load(`${origin}/gone.csv`), 'LOAD_SOURCE_UNREADABLE')
  } finally {
    server.close()
  }
  await expectCode(lake.load(`${origin}/a/b.csv`), 'LOAD_SOURCE_UNREADABLE')
})

test('what is not there, is no file, or is no source is an error', async () => {
  await expectCode(lake.load(`${lake.directory}/none.csv`), 'LOAD_SOURCE_NOT_FOUND')
  await expectCode(lake.load(`${lake.directory}/none-*.csv`), 'LOAD_SOURCE_NOT_FOUND')
  await expectCode(lake.load(lake.directory), 'LOAD_SOURCE_INVALID')
  await expectCode(lake.load('ftp://example.org/a.csv'), 'LOAD_SOURCE_INVALID')
  await expectCode(lake.load(42), 'LOAD_SOURCE_INVALID')
})

test('rows from code have the types of their values', async () => {
  const at = new Date('2024-02-29T12:00:00.123Z')
  const rows = [
    {
      int: 1,
      big: 2n ** 62n,
      huge: 2n ** 100n,
      float: 1.5,
      yes: true,
      text: 'a',
      day: '2024-02-29',
      at,
      bytes: Uint8Array.of(0, 255),
      list: [1, 2],
      deep: { a: { b: 'x' } },
      mixed: 1,
    },
    {
      int: -2,
      big: 1,
      huge: null,
      float: Number.NaN,
      yes: false,
      text: '007',
      day: '1969-12-31',
      at: new Date(-1),
      bytes: null,
      list: [],
      deep: null,
      mixed: 'y',
      later: Infinity,
    },
  ]
  const { rows: loaded, types } = await lake.load(rows)
  expect(types).toMatchObject({
    int: 'long',
    big: 'long',
    huge: 'decimal(38, 0)',
    float: 'double',
    yes: 'boolean',
    text: 'string',
    day: 'date',
    at: 'timestamptz',
    bytes: 'binary',
    mixed: 'string',
    later: 'double',
    list: { type: 'list', element: 'long' },
    deep: { type: 'struct' },
  })
  expect(loaded).toEqual([{ ...rows[0], mixed: '1', later: null }, { ...rows[1] }])
})

test('rows may come one after the other, and none at all', async () => {
  async function* some(): AsyncGenerator<object> {
    yield { id: 1, name: 'x' }
    await Promise.resolve()
    yield { id: 2, name: 'y' }
  }
  expect((await lake.load(some())).rows).toEqual(both)
  expect((await lake.load([])).counts.records).toBe(0)
  expect((await lake.load([{}, {}])).counts).toMatchObject({ records: 2, loaded: 2 })
  await expectCode(lake.load([{ f: () => 1 }]), 'LOAD_ROW_INVALID')
  await expectCode(lake.load([1, 2]), 'LOAD_ROW_INVALID')
  await expectCode(lake.load([{ at: new Date(Number.NaN) }]), 'LOAD_ROW_INVALID')
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  await expectCode(lake.load([circle]), 'LOAD_ROW_INVALID')
})

test.each([
  ['lines', 'a.ndjson', '{"id":1,"name":"x"}\n{"id":2,"name":"y"}\n'],
  ['lines without an end', 'b.json', '{"id":1,"name":"x"}\n{"id":2,"name":"y"}'],
  ['an array', 'c.json', '[{"id":1,"name":"x"},{"id":2,"name":"y"}]'],
  ['an array laid out', 'd.json', '[\n  {\n    "id": 1,\n    "name": "x"\n  },\n  {"id": 2, "name": "y"}\n]\n'],
  ['documents laid out', 'e.json', '{\n "id": 1,\n "name": "x"\n}\n{\n "id": 2,\n "name": "y"\n}\n'],
  ['no extension', 'f', '{"id":1,"name":"x"}\n{"id":2,"name":"y"}\n'],
  ['a mark', 'g.json', '\uFEFF[{"id":1,"name":"x"},{"id":2,"name":"y"}]'],
])('JSON may come as %s', async (_, name, text) => {
  expect((await lake.load(await lake.file(name, text))).rows).toEqual(both)
})

test('integers of JSON keep all their digits', async () => {
  const text = '[{"a":9007199254740993,"b":18446744073709551616,"c":1.5},{"a":1,"b":2,"c":2}]'
  const { rows, types } = await lake.load(await lake.file('digits.json', text))
  expect(types).toEqual({ a: 'long', b: 'decimal(38, 0)', c: 'double' })
  expect(rows[0]).toEqual({ a: 9007199254740993n, b: 18446744073709551616n, c: 1.5 })
})

test.each(Object.keys(avroFiles))('Avro packed with %s has the types that it says', async (codec) => {
  const bytes = Buffer.from(avroFiles[codec] ?? '', 'base64')
  const { rows, types } = await lake.load(await lake.file(`t-${codec}.avro`, bytes))
  expect(types).toMatchObject({
    id: 'long',
    small: 'int',
    name: 'string',
    ok: 'boolean',
    f: 'float',
    x: 'double',
    raw: 'binary',
    day: 'date',
    at: 'timestamptz',
    wall: 'timestamp',
    t: 'time',
    price: 'decimal(12, 2)',
    color: 'string',
    either: 'string',
  })
  expect(rows[1]).toEqual({
    id: 2n ** 62n + 1n,
    small: -1,
    name: 'n1 ü\n"q"',
    ok: false,
    f: 0.5,
    x: 1.1,
    raw: Uint8Array.of(1, 255),
    day: '1969-12-31',
    at: new Date(-1),
    wall: new Date('2024-02-29T12:00:00Z'),
    t: '23:59:59.123456',
    price: '-1234.50',
    tags: ['a', 'b'],
    attrs: new Map([['k', 1]]),
    where: null,
    color: 'BLUE',
    either: 's',
  })
  await expectCode(lake.load(await lake.file(`cut-${codec}.avro`, bytes.subarray(0, 1000))), 'LOAD_SOURCE_UNREADABLE')
})

test('Parquet keeps its types, and fits a table without losing anything', async () => {
  const path = `${lake.directory}/types.parquet`
  {
    await using duck = await openDuck({ staging: lake.directory })
    await using session = await duck.session()
    await session.run(
      `COPY (SELECT i AS "Id", i::INTEGER AS small, i + CASE WHEN i = 500 THEN 0.5 ELSE 0.0 END::DOUBLE AS x, TIMESTAMP_NS '2024-01-01' AS ns FROM range(1000) t(i)) TO '${path}' (FORMAT parquet)`,
    )
  }
  expect((await lake.load(path)).types).toEqual({ id: 'long', small: 'int', x: 'double', ns: 'timestamp' })
  const table = tableOf({ id: 'long', small: 'long', x: 'long' })
  const { counts, rejected, types } = await lake.load(path, { table })
  expect(types).toEqual({ id: 'long', small: 'long', x: 'long', ns: 'timestamp' })
  expect(counts).toMatchObject({ records: 1000, loaded: 999, quarantined: 1 })
  expect(rejected).toMatchObject([{ record: 501, column_name: 'x', reason: 'VALUE_INVALID' }])
  expect(JSON.parse(String(rejected[0]?.['raw']))).toMatchObject({ Id: 500, x: 500.5 })
})

// As pandas writes a column `note` of nothing but None beside an `id` of 1 and 2.
const withNulls = [
  'UEFSMRUAFSwVLCwVBBUAFQYVBhwAAAACAAAABAEBAAAAAAAAAAIAAAAAAAAAFQAVDBUMLBUEFQAVBhUGHAAAAAIAAAAEABUEGTw1ABgGc2NoZW1hFQQAFQQl',
  'AhgCaWQAFQIlAhgEbm90ZWy8AAAAFgQZHBksJgAcFQQZJQYAGRgCaWQVABYEFlIWUiYISRwVABUAFQIAPCkGGSYABAAAACYAHBUCGSUGABkYBG5vdGUVABYE',
  'FjIWMiZaSRwVABUAFQIAPCkGGSYEAAAAABaEARYEJggWhAEAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRksHAAAHAAAAL0AAABQQVIx',
]

test('a column of nulls in Parquet is pending, whatever comes in it later', async () => {
  const path = await lake.file('nulls.parquet', Buffer.from(withNulls.join(''), 'base64'))
  expect((await lake.load(path)).types).toEqual({ id: 'long' })
  for (const type of [
    'string',
    'date',
    { type: 'list', 'element-id': 9, element: 'long', 'element-required': false },
  ] as const) {
    const { rows, types } = await lake.load(path, { table: tableOf({ id: 'long', note: type }) })
    expect({ rows, types }).toMatchObject({
      rows: [
        { id: 1, note: null },
        { id: 2, note: null },
      ],
      types: { note: type },
    })
  }
})

test('once takes no file a second time, by its contents or its path', async () => {
  const one = await lake.file('once-1.csv', 'a\n1\n')
  const same = await lake.file('once-2.csv', 'a\n1\n')
  const other = await lake.file('once-3.csv', 'a\n2\n')
  const first = await lake.load([one, same, other], { options: { once: 'content' } })
  expect([first.rows.length, first.files.length]).toEqual([2, 2])
  const loaded = (): Promise<Set<string>> => Promise.resolve(new Set(first.files))
  expect((await lake.load([one, other], { options: { once: 'content' }, loaded })).counts.records).toBe(0)
  const byPath = await lake.load([one, same], { options: { once: 'path' } })
  expect(byPath.files).toEqual([one, same])
  await expectCode(lake.load([{ a: 1 }], { options: { once: 'content' } }), 'LOAD_SOURCE_INVALID')
})
