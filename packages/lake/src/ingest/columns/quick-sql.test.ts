import * as fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { duckdbType } from '../../duckdb/duckdb-types.ts'
import { type Duck, openDuck } from '../../duckdb/open-duck.ts'
import { literal } from '../../duckdb/quote.ts'
import { textToSql } from './given-sql.ts'
import { inferredSql } from './inferred-sql.ts'
import { quickSql } from './quick-sql.ts'

let duck: Duck
let staging: string
beforeAll(async () => {
  staging = await mkdtemp(path.join(tmpdir(), 'sluice-quick-'))
  duck = await openDuck({ staging, threads: 1 })
})
afterAll(async () => {
  await duck[Symbol.asyncDispose]()
  await rm(staging, { recursive: true, force: true })
})

const digit = fc.constantFrom(...'0123456789')
const sign = fc.constantFrom(...' +-._eEx:TZ/nainf')
const noise = fc
  .array(fc.oneof({ weight: 3, arbitrary: digit }, { weight: 1, arbitrary: sign }), { minLength: 1, maxLength: 24 })
  .map((c) => c.join(''))
const number = fc.oneof(
  fc.double().map(String),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.tuple(digit, noise).map(([a, b]) => `${a}.${b}`),
)
const shape = '2024-02-29 10:20:30'
const time = fc
  .array(fc.tuple(fc.nat(shape.length - 1), fc.oneof(digit, sign)), { maxLength: 3 })
  .map((changes) => changes.reduce((text, [at, c]) => text.slice(0, at) + c + text.slice(at + 1), shape))

test.each(['long', 'double', 'timestamp'] as const)(
  'a text that passes the cheap test of a %s has the value that the whole test gives, or is refused by the cast',
  async (type) => {
    await using session = await duck.session()
    const texts = fc.array(fc.oneof(noise, number, time), { minLength: 50, maxLength: 50 })
    await fc.assert(
      fc.asyncProperty(texts, async (some) => {
        const cast = `TRY_CAST(c AS ${duckdbType(type)})`
        const differs = (sql: string): string => `(${cast} IS NOT NULL AND ${cast} IS DISTINCT FROM (${sql}))`
        const wrong = await session.all(
          `SELECT c FROM (SELECT unnest([${some.map(literal).join(', ')}]) AS c) WHERE ${cast} IS NOT NULL AND (${quickSql(type, 'c', cast)}) ` +
            `AND (${differs(inferredSql(type, 'c'))} OR ${differs(textToSql(type, 'c'))})`,
        )
        expect(wrong).toEqual([])
      }),
      { numRuns: Number(process.env['RUNS'] ?? 100) },
    )
  },
)
