import * as fc from 'fast-check'
import { literal } from '../duckdb/quote.ts'
import type { PrimitiveType } from '../format/schema.ts'

/** A value of a column: as SQL, and as users write it in a condition. */
export interface Cell {
  readonly sql: string
  readonly given: unknown
}

const cellOf = (text: string, given: unknown): Cell => ({ sql: literal(text), given })

const number = (n: number): Cell => cellOf(Object.is(n, -0) ? '-0.0' : String(n), n)

/** Timestamps as JavaScript has them: whole milliseconds. */
const instant = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })

const textOf = (date: Date): string => date.toISOString().replace('T', ' ').slice(0, -1)

/** Values of each type, the odd ones often: bounds, zeros, infinities, NaN, long texts, the ends of Unicode. */
export const cells: Readonly<Partial<Record<PrimitiveType, fc.Arbitrary<Cell>>>> = {
  boolean: fc.boolean().map((b) => cellOf(String(b), b)),
  int: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer()).map(number),
  long: fc
    .oneof(fc.bigInt({ min: -9n, max: 9n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
    .map((n) => cellOf(String(n), n)),
  float: fc.oneof(fc.float(), fc.constantFrom(0, -0, 1.5, Infinity, -Infinity, Number.NaN)).map(number),
  double: fc.oneof(fc.double(), fc.constantFrom(0, -0, 1.5, Infinity, -Infinity, Number.NaN)).map(number),
  string: fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 24 }),
      fc.constantFrom(
        '',
        'a',
        'ab',
        `${'x'.repeat(15)}\u{10ffff}`,
        'é'.repeat(200),
        'z'.repeat(300),
        '\u{10ffff}'.repeat(20),
      ),
    )
    .filter((text) => !text.includes('\0'))
    .map((text) => cellOf(text, text)),
  binary: fc
    .oneof(fc.uint8Array({ maxLength: 24 }), fc.constant(new Uint8Array(300).fill(255)))
    .map((bytes) => ({ sql: `unhex('${Buffer.from(bytes).toString('hex')}')`, given: bytes })),
  date: instant.map((date) => cellOf(date.toISOString().slice(0, 10), date.toISOString().slice(0, 10))),
  timestamp: instant.map((date) => cellOf(textOf(date), date)),
  timestamptz: instant.map((date) => cellOf(`${textOf(date)}+00`, date)),
  uuid: fc.uuid().map((text) => cellOf(text, text)),
  'decimal(9, 2)': fc
    .integer({ min: -999_999_999, max: 999_999_999 })
    .map((n) => cellOf((n / 100).toFixed(2), (n / 100).toFixed(2))),
  'decimal(38, 0)': fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map((n) => cellOf(String(n), n)),
}
