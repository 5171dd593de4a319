import * as fc from 'fast-check'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { duckdbType } from '../../duckdb/duckdb-types.ts'
import { onDuck } from '../../testing/on-duck.testsupport.ts'
import { textToSql } from '../columns/given-sql.ts'
import { inferredSql } from '../columns/inferred-sql.ts'
import { csvFrom } from '../plan/read-csv.ts'
import { createRecordCounter } from '../source/count-records.ts'
import type { CsvDialect } from './csv-dialect.ts'
import { createPlainScan, type PlainForm, type PlainKind } from './plain-csv.ts'

const duck = onDuck()

const dialect: CsvDialect = { delimiter: ',', quote: '"', escape: '"', header: true, columns: ['a', 'b'], nullText: [] }

/** Bytes that end with a line feed, whole or cut after some of the line feeds in them. */
function scan(text: string, kinds: readonly PlainKind[], more: Partial<PlainForm> = {}): number | undefined {
  const bytes = Buffer.from(text)
  const plain = createPlainScan({ dialect, lineEnd: '\n', kinds, ...more })
  return plain.take(bytes, bytes.length) === bytes.length ? plain.records : undefined
}

test.each([
  ['whole numbers', 'long', ['0', '7', '-12', '9223372036854775807']],
  ['numbers', 'double', ['0', '-0.5', '12.50', '1', '100000000000000', '0.1234567890123456789']],
  ['days', 'date', ['2026-01-31', '0001-01-01']],
  ['times', 'timestamp', ['2026-01-31 23:59:59', '2026-01-31T00:00:00', '2026-01-31 00:00:00.123456']],
  ['anything', 'text', ['', ' a b ', '007', '"x,y"', '"two\nlines"', '"a ""word"""', '""', 'é']],
] as const)('%s as nearly everybody writes them are plain', (_, kind, values) => {
  for (const value of values) expect([value, scan(`a,b\n${value},\n,${value}\n,\n`, [kind, kind])]).toEqual([value, 3])
})

test.each([
  ['long', ['007', '+7', '-0', ' 7', '7 ', '1_000', '1e3', '7.0', '0x1', '"7"', '-', '7-']],
  [
    'double',
    ['01.5', '+1', '.5', '1.', '1e5', '-0', '1_0', 'nan', 'inf', '1234567890123456', '1,5', `1.${'0'.repeat(200)}`],
  ],
  ['date', ['2026-1-1', '2026/01/01', '26-01-01', '2026-01-01 ', '2026-01-0a', '12026-01-01']],
  [
    'timestamp',
    ['2026-01-01', '2026-01-01 10:00', '2026-01-01 10:00:00Z', '2026-01-01 10:00:00.', '2026-01-01 10:00:00.1234567'],
  ],
  ['text', ['a"b', '"a"b', 'a\rb', 'a\u0000', '"a\u0000"']],
] as const)('a %s that is written otherwise is not plain', (kind, values) => {
  for (const value of values) expect([value, scan(`a,b\n1,${value}\n`, ['text', kind])]).toEqual([value, undefined])
})

test('records with more or fewer values than the header are not plain, nor are other line ends', () => {
  const texts: readonly PlainKind[] = ['text', 'text']
  for (const text of ['a,b\n1\n', 'a,b\n1,2,3\n', 'a\n1,2\n', 'a,b\n1,2\r\n', 'a,b\n1,"2\n'])
    expect(scan(text, texts)).toBeUndefined()
  expect(scan('a,b\r\n1,2\r\n\r\n"3\n4",\r\n', texts, { lineEnd: '\r\n' })).toBe(2)
  expect(scan('a,b\r\n1,2\n', texts, { lineEnd: '\r\n' })).toBeUndefined()
  // DuckDB has its own mind about a line without anything where there is one column.
  expect(scan('a\n1\n\n', ['text'])).toBeUndefined()
  expect(scan('a,b\n1,2\n\n\n3,4\n\n', texts)).toBe(2)
  expect(scan('a,b\n1,"x\\""\n', texts, { dialect: { ...dialect, escape: '\\' } })).toBeUndefined()
  expect(
    scan("1;'x;y'\n", texts, { dialect: { ...dialect, delimiter: ';', quote: "'", escape: "'", header: false } }),
  ).toBe(1)
})

test('however the bytes are cut, as many records are counted, and as many as the record counter counts', () => {
  const cell = fc.constantFrom('', '1', '"x\ny"', '""', '"\n"', 'é', '"a""b"', '"\n\n,"')
  const row = fc.tuple(cell, cell).map((cells) => `${cells.join(',')}\n`)
  const text = fc.array(
    fc.oneof({ weight: 9, arbitrary: row }, { weight: 1, arbitrary: fc.constantFrom('\n', '"\n', 'x\n') }),
  )
  fc.assert(
    fc.property(text, fc.array(fc.nat(9)), (rows, steps) => {
      const bytes = Buffer.from(`a,b\n${rows.join('')}`)
      const whole = scan(bytes.toString(), ['text', 'text'])
      expect(inPieces(bytes, steps)).toBe(whole)
      const counter = createRecordCounter(34, 34)
      counter.push(bytes)
      if (whole !== undefined) expect(whole).toBe(counter.end().records - 1)
    }),
  )
})

/** As a reader does it: what is left of some bytes goes before the next ones. */
function inPieces(bytes: Buffer, steps: readonly number[]): number | undefined {
  const plain = createPlainScan({ dialect, lineEnd: '\n', kinds: ['text', 'text'] })
  let from = 0
  for (let lines = 0, i = 0; from < bytes.length; i++) {
    lines += 1 + (steps[i % Math.max(1, steps.length)] ?? 0)
    let end = from
    for (let seen = 0; seen < lines && end < bytes.length; seen++) end = bytes.indexOf(10, end) + 1
    const taken = plain.take(bytes.subarray(from), end - from)
    if (taken === undefined || (taken === 0 && end === bytes.length)) return undefined
    if (taken > 0) lines = 0
    from += taken
  }
  return plain.records
}

const digit = fc.constantFrom(...'0123456789')
const sign = fc.constantFrom(...' +-._eEx:TZ/nainf')
const changed = (shape: string): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.nat(shape.length - 1), fc.oneof(digit, sign)), { maxLength: 3 })
    .map((changes) => changes.reduce((text, [at, c]) => text.slice(0, at) + c + text.slice(at + 1), shape))
const number = fc.oneof(
  fc.double().map(String),
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map(String),
  fc.tuple(fc.integer(), fc.array(digit, { maxLength: 20 })).map(([a, b]) => `${a}.${b.join('')}`),
  changed('-1234.5678'),
)
const values = {
  long: number,
  double: number,
  date: changed('2024-02-29'),
  timestamp: fc.oneof(changed('2024-02-29 10:20:30'), changed('2024-02-29T10:20:30.123456')),
} as const

test.each(['long', 'double', 'date', 'timestamp'] as const)(
  'a plain %s is read as it is inferred and as it is converted, or refused by the reader',
  async (kind) => {
    const file = path.join(duck.storage.staging, `${kind}.csv`)
    const text = (c: string): string =>
      kind === 'timestamp'
        ? `coalesce(${inferredSql(kind, c)}, ${inferredSql('date', c)}::TIMESTAMP)`
        : inferredSql(kind, c)
    let plain = 0
    await fc.assert(
      fc.asyncProperty(fc.array(values[kind], { minLength: 40, maxLength: 40 }), async (all) => {
        const accepted = all.filter((value) => scan(`a,b\n${value},\n`, [kind, 'text']) === 1)
        const castable = await duck.session.all<{ v: string }>(
          `SELECT v FROM (SELECT unnest(${listOf(accepted)}) AS v) WHERE TRY_CAST(v AS ${duckdbType(kind)}) IS NOT NULL`,
        )
        plain += castable.length
        await writeFile(file, ['a,b', ...castable.map(({ v }) => `${v},${v}`), ''].join('\n'))
        const read = { header: true, lineEnd: '\n', types: [duckdbType(kind), undefined] } as const
        const [found] = await duck.session.all<Record<string, number>>(
          `SELECT count(*) AS n, count(*) FILTER (a IS NOT DISTINCT FROM ${text('b')}) AS inferred,
             count(*) FILTER (a IS NOT DISTINCT FROM ${textToSql(kind, 'b')}) AS given FROM ${csvFrom(file, dialect, ['a', 'b'], read)}`,
        )
        expect(found).toEqual({ n: castable.length, inferred: castable.length, given: castable.length })
      }),
      { numRuns: Number(process.env['RUNS'] ?? 15) },
    )
    expect(plain).toBeGreaterThan(50)
  },
)

function listOf(texts: readonly string[]): string {
  return `[${texts.map((each) => `'${each.replaceAll("'", "''")}'`).join(', ')}]::VARCHAR[]`
}
