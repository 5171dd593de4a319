import { afterAll, beforeAll, expect, test } from 'vitest'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { readFile } from 'node:fs/promises'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { type Ingestion, openIngestion, tableOf } from './ingest.testsupport.ts'

let lake: Ingestion
beforeAll(async () => {
  lake = await openIngestion({ memoryLimit: '3GB' })
})
afterAll(() => lake[Symbol.asyncDispose]())

function lines(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i + 1)).join('\n')
}

test('an unclosed quote in row 30 000 costs one row, not twenty thousand', async () => {
  const text = lines(50_000, (i) =>
    i === 30_000 ? `${i},"open,${i}` : i % 10 === 0 ? `${i},"q ""${i}""\n2nd line",${i}` : `${i},n${i},${i}`,
  )
  const loaded = await lake.load(await lake.file('quote.csv', `id,name,n\n${text}\n`))
  expect(loaded.counts).toEqual({ records: 50_000, loaded: 49_999, quarantined: 1, discarded: 0, filtered: 0 })
  expect(loaded.rejected).toMatchObject([{ reason: 'QUOTE_BROKEN', record: 30_000, raw: '30000,"open,30000' }])
  expect(loaded.rows.find((row) => row['id'] === 49_990)).toEqual({
    id: 49_990,
    name: 'q "49990"\n2nd line',
    n: 49_990,
  })
})

test('a quote that closes by accident lines later costs one row', async () => {
  const text = lines(1000, (i) => (i === 500 ? `${i},"open,${i}` : i === 700 ? `${i},"a ""b""",${i}` : `${i},n,${i}`))
  const { counts, rejected } = await lake.load(await lake.file('accident.csv', `id,name,n\n${text}\n`))
  expect(counts).toMatchObject({ records: 1000, loaded: 999, quarantined: 1 })
  expect(rejected).toMatchObject([{ record: 500 }])
})

test('a quote that closes lines later, in a record that does not fit then, costs only the line that it opens in', async () => {
  const text = lines(1000, (i) => (i === 500 ? `"open,${i}` : i === 700 ? `x",y,${i}` : `n,${i}`))
  const { counts, rejected } = await lake.load(await lake.file('spans.csv', `name,n\n${text}\n`))
  expect(counts).toMatchObject({ records: 1000, loaded: 998, quarantined: 2 })
  expect(rejected).toMatchObject([
    { record: 500, reason: 'QUOTE_BROKEN' },
    { record: 700, reason: 'COLUMN_COUNT' },
  ])
})

test('a record that is ragged is rejected, with where it is and what it was', async () => {
  const head = 'a,b,c\n'
  const good = lines(300, (i) => `${i},${i},${i}`)
  const path = await lake.file('ragged.csv', `${head}${good}\n7,8\n1,2,3,4\n9,9,9\n`)
  const { counts, rejected } = await lake.load(path)
  expect(counts).toMatchObject({ records: 303, loaded: 301, quarantined: 2 })
  expect(rejected).toMatchObject([
    { reason: 'COLUMN_COUNT', record: 301, byte_offset: head.length + good.length + 1, raw: '7,8', source_file: path },
    { reason: 'COLUMN_COUNT', record: 302, raw: '1,2,3,4' },
  ])
})

test('delimiters after the last column say nothing', async () => {
  const { counts, rows } = await lake.load(await lake.file('trailing.csv', 'a,b\n1,2,,\n3,4,\n5,6\n'))
  expect(counts).toMatchObject({ loaded: 3, quarantined: 0 })
  expect(rows).toEqual([
    { a: 1, b: 2 },
    { a: 3, b: 4 },
    { a: 5, b: 6 },
  ])
})

test.each([
  ['a line feed', 'a,b\n1,x\n2,y\n'],
  ['both', 'a,b\r\n1,x\r\n2,y\r\n'],
  ['both, but the last line', 'a,b\r\n1,x\r\n2,y\n'],
  ['one or the other', 'a,b\n1,x\r\n2,y\n'],
  ['nothing at the end', 'a,b\r\n1,x\r\n2,y'],
  ['a carriage return', 'a,b\r1,x\r2,y\r'],
  ['blank lines between', 'a,b\n\n1,x\n\n\n2,y\n\n'],
])('lines may end with %s', async (name, text) => {
  const { rows, counts } = await lake.load(await lake.file(`ends-${name.length}.csv`, text))
  expect(rows).toEqual([
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ])
  expect(counts.records).toBe(2)
})

test.each([
  ['utf-8 with a mark', Buffer.from('\uFEFFname,n\nZoë,1\nЖ,2\n')],
  ['utf-16 with a mark', Buffer.from('\uFEFFname,n\nZoë,1\nЖ,2\n', 'utf16le')],
  ['utf-16 without one', Buffer.from('name,n\nZoë,1\nЖ,2\n', 'utf16le')],
  ['utf-16 the other way round', Buffer.from('\uFEFFname,n\nZoë,1\nЖ,2\n', 'utf16le').swap16()],
])('%s is read as what it is', async (name, bytes) => {
  const { rows, types } = await lake.load(await lake.file(`${name}.csv`, bytes))
  expect(rows).toEqual([
    { name: 'Zoë', n: 1 },
    { name: 'Ж', n: 2 },
  ])
  expect(types).toEqual({ name: 'string', n: 'long' })
})

test('latin-1 is told by itself, or said', async () => {
  const bytes = Buffer.from('name,n\nZoë,1\nJosé,2\n', 'latin1')
  const path = await lake.file('latin.csv', bytes)
  expect((await lake.load(path)).rows[0]).toEqual({ name: 'Zoë', n: 1 })
  expect((await lake.load(path, { options: { csv: { encoding: 'latin-1' } } })).rows[1]).toEqual({ name: 'José', n: 2 })
})

test.each([
  ['windows-1251', [0xc6], 'Ж'],
  ['shift_jis', [0x93, 0xfa], '日'],
  ['utf-16be', [0x65, 0xe5], '日'],
] as const)('%s is read where it is said', async (encoding, bytes, letter) => {
  const text = (ascii: string): Buffer =>
    encoding === 'utf-16be' ? Buffer.from(ascii, 'utf16le').swap16() : Buffer.from(ascii)
  const file = Buffer.concat([text('n,t\n1,'), Buffer.from(bytes), text('\n')])
  const { rows } = await lake.load(await lake.file(`${encoding}.csv`, file), { options: { csv: { encoding } } })
  expect(rows).toEqual([{ n: 1, t: letter }])
})

test.each([
  { delimiter: ';;' },
  { delimiter: '' },
  { delimiter: '\n' },
  { delimiter: '"', quote: '"' },
  { quote: '“' },
  { header: 'yes' },
  { encoding: 'latin' },
  { nullText: 'NA' },
])('of a CSV file %j cannot be said', async (csv) => {
  await expectCode(lake.load([{ a: 1 }], { options: { csv: csv as object } }), 'OPTION_INVALID')
})

test('bytes that are no UTF-8 cost the row that they are in', async () => {
  const text = Buffer.from(lines(500, (i) => `${i},Zoë`))
  const bytes = Buffer.concat([
    Buffer.from('id,name\n'),
    text,
    Buffer.from('\n501,'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('\n502,é\n'),
  ])
  const { counts, rejected } = await lake.load(await lake.file('invalid.csv', bytes))
  expect(counts).toMatchObject({ records: 502, loaded: 501, quarantined: 1 })
  expect(rejected).toMatchObject([{ reason: 'ENCODING_INVALID', record: 501 }])
})

test('zero bytes in a text are kept', async () => {
  const { rows } = await lake.load(await lake.file('zero.csv', 'a,b\n1,x\u0000y\n2,z\n'))
  expect(rows).toEqual([
    { a: 1, b: 'x\u0000y' },
    { a: 2, b: 'z' },
  ])
})

test('gzip and zstd are unpacked, and a cut file is an error', async () => {
  const text = `a,b\n${lines(5000, (i) => `${i},${'x'.repeat(i % 50)}${i * 7919}`)}\n`
  for (const [name, bytes] of [
    ['t.csv.gz', gzipSync(text)],
    ['t.csv.zst', zstdCompressSync(text)],
  ] as const) {
    expect((await lake.load(await lake.file(name, bytes))).counts).toMatchObject({ records: 5000, loaded: 5000 })
    const cut = await lake.file(`cut-${name}`, bytes.subarray(0, bytes.length / 2))
    await expectCode(lake.load(cut), 'LOAD_SOURCE_UNREADABLE')
  }
})

test('a cut Parquet file, and one that is none, are errors that name it', async () => {
  const whole = await lake.file('some.csv', 'a\n1\n')
  await expectCode(lake.load(await lake.file('none.parquet', await readFile(whole))), 'LOAD_SOURCE_UNREADABLE')
  await expectCode(lake.load(await lake.file('empty.parquet', '')), 'LOAD_SOURCE_UNREADABLE')
})

const zip = (name: string): Buffer =>
  Buffer.concat([
    Buffer.from('PK\u0003\u0004'),
    Buffer.alloc(22),
    Buffer.from([name.length, 0, 0, 0]),
    Buffer.from(name),
    Buffer.alloc(99),
  ])

test.each([
  ['p.csv', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]), /a PNG picture: .*fileset/],
  ['d.csv', Buffer.from('%PDF-1.7\n1 0 obj\n'), /a PDF document/],
  ['x.xlsx', zip('[Content_Types].xml'), /an Excel file: .*CSV/],
  ['z.zip', zip('trips.csv'), /a zip archive \(with "trips.csv"\): unpack it/],
  ['s.db', Buffer.from('SQLite format 3\u0000'), /a SQLite database/],
  ['e.tsv', Buffer.from('\u007fELF\u0002\u0001'), /a program/],
  ['b.csv.bz2', Buffer.from('BZh91AY&SY\u0000'), /packed with bzip2/],
  ['t.tar', Buffer.concat([Buffer.from('a.csv'), Buffer.alloc(252), Buffer.from('ustar')]), /a tar archive/],
  ['t.csv.gz', gzipSync(gzipSync('a\n1\n')), /packed with gzip twice/],
  ['q.csv', Buffer.from('PAR1\u0015\u0004'), /Parquet: say so/],
  ['h.csv', Buffer.from('<!DOCTYPE html><html><body>Log in'), /a web page/],
  ['n.csv', Buffer.alloc(5000), /nothing but zero bytes/],
  ['u.csv', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), /UTF-32/],
  ['r.csv', Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256)), /no text/],
  ['w.bin', Buffer.from(new Int32Array(Array.from({ length: 500 }, (_, i) => i % 7)).buffer), /no text/],
  ['j.ndjson', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), /a JPEG picture/],
])('%s, which is no table, is told what it is', async (name, bytes, problem) => {
  const path = await lake.file(name, bytes)
  const error: unknown = await lake.load(path).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'LOAD_SOURCE_UNREADABLE', message: expect.stringMatching(problem) })
  expect(error).toMatchObject({ message: expect.stringContaining(name) })
})

test.each([
  ['names that begin like it', 'BMW,PKW\n1,2\n', {}],
  ['an odd delimiter', `BMW\u0001PKW\n${'1\u00012\n'.repeat(60)}`, { delimiter: '\u0001' }],
])('what only looks like something else is read: %s', async (_, text, csv) => {
  const { types } = await lake.load(await lake.file('looks.csv', text), { options: { csv } })
  expect(types).toEqual({ bmw: 'long', pkw: 'long' })
})

test('empty files have no rows, and make no columns', async () => {
  for (const [name, text] of [
    ['e.csv', ''],
    ['h.csv', 'a,b\n'],
    ['h2.csv', 'a,b'],
    ['e.json', ''],
    ['l.json', '[]'],
    ['e.ndjson', '\n'],
  ] as const) {
    const { counts, rows, types } = await lake.load(await lake.file(name, text))
    expect({ name, counts, rows, types }).toMatchObject({ counts: { records: 0, loaded: 0 }, rows: [], types: {} })
  }
})

test('ten thousand columns load', { timeout: 120_000 }, async () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `c ${i}`)
  const row = names.map((_, i) => (i % 3 === 0 ? i : i % 3 === 1 ? `t${i}` : i + 0.5))
  const { rows, counts } = await lake.load(
    await lake.file('wide.csv', `${names.join(',')}\n${row.join(',')}\n${row.join(',')}\n`),
  )
  expect(counts.loaded).toBe(2)
  expect(Object.keys(rows[0] ?? {})).toHaveLength(10_000)
  expect(rows[1]).toMatchObject({ c_9999: 9999, c_1: 't1', c_2: 2.5 })
})

test('names that are the same, or ours, are errors that rename mends', async () => {
  const twice = await lake.file('twice.csv', 'Some Id,some_id\n1,2\n')
  await expectCode(lake.load(twice), 'LOAD_COLUMN_INVALID')
  const renamed = await lake.load(twice, { options: { rename: { 'Some Id': 'first' } } })
  expect(renamed.rows).toEqual([{ first: 1, some_id: 2 }])
  await expectCode(lake.load(await lake.file('ours.csv', 'a,_load_id\n1,2\n')), 'LOAD_COLUMN_INVALID')
  await expectCode(lake.load([{ a: 1, A: 2 }]), 'LOAD_COLUMN_INVALID')
})

test('names that are SQL stay names', async () => {
  const name = `x"); DROP TABLE t; --`
  const evil = await lake.file("it's.csv", `"${name.replaceAll('"', '""')}",'b'\n1,'; SELECT 1\n`)
  const { rows, types } = await lake.load(evil)
  expect(types).toEqual({ x_drop_table_t: 'long', b: 'string' })
  expect(rows).toEqual([{ x_drop_table_t: 1, b: "'; SELECT 1" }])
  expect((await lake.load([{ [name]: 1, "o'b": "'" }])).rows).toEqual([{ x_drop_table_t: 1, o_b: "'" }])
})

test('a type that flips from file to file makes a text, none is lost', async () => {
  const paths = await Promise.all(
    ['1', '2.5', 'x'].map((value, i) => lake.file(`flip-${i}.csv`, `id,v\n${i},${value}\n`)),
  )
  const { rows, types } = await lake.load(paths)
  expect(types).toEqual({ id: 'long', v: 'string' })
  expect(rows.map((row) => row['v'])).toEqual(['1', '2.5', 'x'])
})

test('a value far down that the first rows did not show is seen', async () => {
  const text = `id,late,n\n${lines(40_000, (i) => `${i},${i === 39_000 ? 'here' : ''},${i === 30_000 ? '1.5' : i}`)}\n`
  const { types, counts, rejected } = await lake.load(await lake.file('late.csv', text))
  expect(types).toEqual({ id: 'long', late: 'string', n: 'double' })
  expect([counts.loaded, rejected]).toEqual([40_000, []])
})

test('rows that do not fit go to the quarantine; too many fail the load, as do all', async () => {
  const table = tableOf({ id: 'long', v: 'long' })
  const text = (bad: number): string => `id,v\n${lines(1000, (i) => `${i},${i > 1000 - bad ? 'x' : i}`)}\n`
  const ten = await lake.load(await lake.file('ten.csv', text(10)), { table })
  expect(ten.counts).toEqual({ records: 1000, loaded: 990, quarantined: 10, discarded: 0, filtered: 0 })
  expect(ten.rejected[0]).toMatchObject({
    load_id: 'load-1',
    record: 991,
    reason: 'VALUE_INVALID',
    column_name: 'v',
    problem: "'x' is no long",
    raw: '991,x',
  })
  const eleven = await lake.file('eleven.csv', text(11))
  const error: unknown = await lake.load(eleven, { table }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'LOAD_REJECTED',
    details: { rejected: 11, records: 1000, samples: { length: 5 } },
  })
  expect((await lake.load(eleven, { table, options: { maxRejected: 0.5 } })).counts.quarantined).toBe(11)
  await expectCode(
    lake.load(await lake.file('all.csv', 'id,v\n1,x\n'), { table, options: { maxRejected: 1 } }),
    'LOAD_REJECTED',
  )
})

test('lines of JSON that only some readers take are rejected, the others load', async () => {
  const text = [
    '{"a":"x","s":{"b":1}}',
    '{"a":1,"a":2}',
    '{"s":{"b":1,"b":2}}',
    '{"a":"\\ud800"}',
    '{"a":"\\ud83d\\ude00 \\":"}',
    '{"a":NaN}',
  ].join('\n')
  const { rows, rejected } = await lake.load(await lake.file('odd.ndjson', text), { options: { maxRejected: 0.9 } })
  expect(rows.map(({ a }) => a)).toEqual(['x', '\u{1F600} ":', 'NaN'])
  expect(rejected.map(({ problem }) => problem)).toEqual([
    'an object in it has a key twice',
    'an object in it has a key twice',
    'it has half of a character',
  ])
})

test.each([
  ['{"a":1}\n{"A":2}\n', 'LOAD_COLUMN_INVALID'],
  ['{"a":1,"A":2}\n', 'LOAD_COLUMN_INVALID'],
  ['{"s":{"b":1}}\n{"s":{"B":2}}\n', 'LOAD_SOURCE_UNREADABLE'],
] as const)('keys that differ by nothing but their case lose no value: %j', async (text, code) => {
  await expectCode(lake.load(await lake.file('case.ndjson', text)), code)
  const numbered = await lake.load([{ a: 1, a_1: { b: 2 } }])
  expect(numbered.rows).toEqual([{ a: 1, a_1: { b: 2 } }])
})

test.each([
  [{ options: { rename: { a: 'B' } } }, 'LOAD_COLUMN_INVALID'],
  [{ options: { rename: { a: 'x y' } } }, 'LOAD_COLUMN_INVALID'],
  [{ options: { rename: { a: '' } } }, 'LOAD_COLUMN_INVALID'],
  [{ options: { maxRejected: 5 } }, 'OPTION_INVALID'],
  [{ options: { maxRejected: 'x' } }, 'OPTION_INVALID'],
  [{ declared: { maxRejected: -1 } }, 'OPTION_INVALID'],
  [{ declared: { columns: { A: { type: 'long' } } } }, 'OPTION_INVALID'],
  [{ declared: { columns: { a: { type: 'number' } } } }, 'OPTION_INVALID'],
  [{ declared: { columns: { a: { type: 'decimal(50, 2)' } } } }, 'OPTION_INVALID'],
] as const)('what is said of a load must mean something: %j', async (request, code) => {
  await expectCode(lake.load([{ a: 1, b: 2 }], request as object), code)
})

test('a load that is refused says why, most rows first, with one record of each reason; never what is not to be shown', async () => {
  const table = tableOf({ id: 'long', v: 'long', w: 'date', x: 'long', name: 'string' })
  const odd = [
    '1,"a\nb",2026-01-01,1,n',
    '2,x,2026-01-01,1,n',
    '3,y,2026-01-01,1,n',
    '4,1,soon,1,n',
    '5,1,2026-01-01,?,n',
    '6,1',
    '7,1',
    '8,1',
  ]
  const path = await lake.file(
    'why.csv',
    `id,v,w,x,name\n0,1,2026-01-01,1,n\n${odd.join('\n')}\n${'z'.repeat(3000)},1,2026-01-01,1,n\n`,
  )
  const refused = (more: object): Promise<unknown> =>
    lake.load(path, { table, ...more }).catch((error: unknown) => error)
  expect(await refused({})).toMatchObject({
    code: 'LOAD_REJECTED',
    details: {
      problem:
        `9 of 10 records are rejected: 3 with COLUMN_COUNT (${path}, line 9: it has 2 values, not 5: "6,1"); ` +
        `3 with VALUE_INVALID in v (${path}, line 3: 'a\nb' is no long); ` +
        `1 with VALUE_INVALID in id (${path}, line 12: '${'z'.repeat(159)}…); 2 for other reasons`,
      samples: [
        { reason: 'COLUMN_COUNT' },
        { column: 'v', record: 2 },
        { column: 'id' },
        { column: 'w' },
        { column: 'x' },
      ],
    },
  })
  const hidden = JSON.stringify(await refused({ sensitive: ['v'] }))
  expect(hidden).toContain('a value that is not to be shown does not fit')
  expect(hidden).not.toMatch(/a\\+nb|6,1|2,x/)
})

test('lines that are no JSON are rejected, the others load', async () => {
  const text = `${lines(300, (i) => `{"id":${i},"t":"a"}`)}\n{"id":301,\n[1]\n{"id":303,"t":"z"}\n`
  const { counts, rejected, rows } = await lake.load(await lake.file('bad.ndjson', text), {
    options: { maxRejected: 0.1 },
  })
  expect(counts).toMatchObject({ records: 303, loaded: 301, quarantined: 2 })
  expect(rejected).toMatchObject([
    { reason: 'JSON_INVALID', record: 301, raw: '{"id":301,' },
    { reason: 'JSON_INVALID', record: 302 },
  ])
  expect(rows.at(-1)).toEqual({ id: 303, t: 'z' })
})
