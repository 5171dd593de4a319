import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Duck, openDuck } from './open-duck.ts'

let staging: string
let duck: Duck
beforeAll(async () => {
  staging = await mkdtemp(path.join(tmpdir(), 'sluice-duck-'))
  duck = await openDuck({ threads: 1, memoryLimit: '200MB', staging })
})
afterAll(async () => {
  await duck[Symbol.asyncDispose]()
  await rm(staging, { recursive: true, force: true })
})

describe('a session of DuckDB', () => {
  test('gives values as JavaScript has them, and text where no value would be exact', async () => {
    await using session = await duck.session()
    const [row] =
      await session.all(`SELECT true b, 7::INTEGER i, 8::BIGINT l0, 9::DECIMAL(38,0) d0, 9007199254740993::BIGINT l, 1.5 d, 1.5::DOUBLE f,
      170141183460469231731687303715884105727::HUGEINT h, DATE '0044-03-15 (BC)' dt, TIME '01:02:03.4' tm,
      TIMESTAMP '1969-12-31 23:59:59.999999' ts, TIMESTAMPTZ '2020-01-01 00:00:00.5+02' tz, 'é' s, '\\x00\\xff'::BLOB bl,
      '0b1c2d3e-0000-4000-8000-00000000000f'::UUID u, [1, NULL] li, {'a b': 1, n: {t: 'x'}} st, MAP {'k': 1::BIGINT} m,
      TIMESTAMP 'infinity' inf, NULL nul, 'nan'::DOUBLE nan`)
    expect(row).toEqual({
      b: true,
      i: 7,
      l0: 8,
      d0: 9,
      l: 9007199254740993n,
      d: '1.5',
      f: 1.5,
      h: 170141183460469231731687303715884105727n,
      dt: '0044-03-15 (BC)',
      tm: '01:02:03.4',
      ts: new Date(-1),
      tz: new Date('2019-12-31T22:00:00.500Z'),
      s: 'é',
      bl: new Uint8Array([0, 255]),
      u: '0b1c2d3e-0000-4000-8000-00000000000f',
      li: [1, null],
      st: { 'a b': 1, n: { t: 'x' } },
      m: new Map([['k', 1]]),
      inf: 'infinity',
      nul: null,
      nan: Number.NaN,
    })
  })

  test('has the clock of UTC, whatever the machine has', async () => {
    await using session = await duck.session()
    expect(await session.all(`SELECT TIMESTAMPTZ '2026-06-01 12:00:00'::VARCHAR AS t`)).toEqual([
      { t: '2026-06-01 12:00:00+00' },
    ])
  })

  test('tells the columns of a query without running it', async () => {
    await using session = await duck.session()
    expect(await session.columns(`SELECT error('ran')::INTEGER AS a, [{'x': 1::BIGINT}] AS b`)).toEqual([
      { name: 'a', type: 'INTEGER' },
      { name: 'b', type: 'STRUCT(x BIGINT)[]' },
    ])
  })

  test('streams a result that is larger than its memory', async () => {
    await using session = await duck.session()
    let rows = 0
    for await (const chunk of session.stream(`SELECT range, repeat('x', 100) AS t FROM range(300000)`))
      rows += chunk.length
    expect(rows).toBe(300_000)
  })

  test("gives DuckDB's words when a statement fails", async () => {
    await using session = await duck.session()
    await expect(session.run('SELECT nothing')).rejects.toThrow(/A query of the lake failed: Binder Error.*nothing/)
  })

  test("is interrupted by its signal, with the signal's reason", async () => {
    const controller = new AbortController()
    await using session = await duck.session({ signal: controller.signal })
    const long = session.all('SELECT count(*) FROM range(1000000000) a, range(1000000) b')
    setImmediate(() => controller.abort(new Error('enough')))
    await expect(long).rejects.toThrow('enough')
  })

  test('is interrupted in the statement that runs, and in no later one', async () => {
    await using session = await duck.session()
    session.interrupt()
    const long = session.all('SELECT count(*) FROM range(1000000000) a, range(1000000) b')
    const next = expect(long)
      .rejects.toThrow(/INTERRUPT/)
      .then(() => session.all('SELECT count(*) AS n FROM range(300000000)'))
    session.interrupt()
    expect(await next).toEqual([{ n: 300_000_000 }])
  })

  test('has a successor after DuckDB has broken down', async () => {
    const file = path.join(staging, 'a.parquet')
    await using first = await duck.session()
    await first.run(`COPY (SELECT 1 AS a, 2 AS without_an_id) TO '${file}' (FORMAT parquet, FIELD_IDS {a: 1})`)
    const breaking = `SELECT file_row_number, filename, b FROM read_parquet(['${file}'], filename = true, file_row_number = true,
      schema = MAP {1: {name: 'b', type: 'INTEGER', default_value: NULL}})`
    await expect(first.all(breaking)).rejects.toThrow(/INTERNAL Error/)
    await using second = await duck.session()
    expect(await second.all('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})
