import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDuck } from '../duckdb/open-duck.ts'
import { literals } from '../duckdb/quote.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { createQueryProcesses, type QueryProcesses } from './query-process.ts'
import { createRelation, type QueryHost, type Relation } from './relation.ts'
import { type SqlPart, sqlText } from './sql-text.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'lake-sql-'))
const files = { trips: path.join(directory, 'trips.parquet'), old: path.join(directory, 'old.parquet') }
let processes: QueryProcesses

beforeAll(async () => {
  processes = createQueryProcesses()
  await using duck = await openDuck({ staging: directory })
  await using session = await duck.session()
  await session.run(`COPY (SELECT range AS id, range * 1.5 AS fare FROM range(3000)) TO '${files.trips}'`)
  await session.run(`COPY (SELECT range AS id, 0.0 AS fare FROM range(2)) TO '${files.old}'`)
})

afterAll(async () => {
  await processes[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

/** A lake with one table in two versions. */
function host(signal?: AbortSignal): QueryHost {
  return {
    processes,
    spill: directory,
    memoryLimit: '256MB',
    threads: 1,
    signal,
    resolve: async (references) => {
      const paths = references.map(({ table }) => (table === 'trips' ? files.trips : files.old))
      const reads = references.map(({ schema, table }) => ({ dataset: `${schema}.${table}` }))
      const items = paths.map((file) => `read_parquet(${literals([file])})`)
      return { items, files: paths, reads, [Symbol.asyncDispose]: () => Promise.resolve() }
    },
  }
}

const trips = { name: 'bronze.trips' }
const sql = <Row extends object = Record<string, unknown>>(
  texts: TemplateStringsArray,
  ...parts: readonly SqlPart[]
): Relation<Row> => createRelation<Row>(sqlText(texts, parts), async () => host())

describe('a query', () => {
  test('gives the rows of a table', async () => {
    expect(await sql`select count(*) as n, max(fare) as most from ${trips}`.all()).toEqual([
      { n: 3000, most: '4498.5' },
    ])
  })

  test('binds its values, and none of them becomes SQL', async () => {
    const evil = "'; drop table trips --"
    const found = sql`select ${evil} as text, id from ${trips} where id in (select unnest(${[1, 2n]})) order by id`
    expect(await found.all()).toEqual([
      { text: evil, id: 1 },
      { text: evil, id: 2 },
    ])
  })

  test('binds numbers as what they are', async () => {
    const few = sql`select ${0.5} + 1 as half, ${7} // 2 as whole, id from ${trips} where id in (select unnest(${[1.5, 2]})) limit ${1}`
    expect(await few.all()).toEqual([{ half: 1.5, whole: 3, id: 2 }])
  })

  test('holds other queries, with their values', async () => {
    const short = sql`select id from ${trips} where id < ${3}`
    expect(await sql`select sum(id) as s, ${'x'} as x from ${short} t where id > ${0}`.all()).toEqual([
      { s: 3, x: 'x' },
    ])
  })

  test('reads a table at a version, by handle, by AT and by AT with an alias', async () => {
    const old = { name: 'bronze.trips', version: 'v1' }
    expect(await sql`select count(*) as n from ${old} o`.all()).toEqual([{ n: 2 }])
    expect(await sql`select count(*) as n from bronze.trips at (version => 'v1')`.all()).toEqual([{ n: 2 }])
    expect(
      await sql`select (select count(*) from bronze.trips as t AT (TIMESTAMP => '2026-01-01') where t.id >= 0) as n, 'at (x)' as x`.all(),
    ).toEqual([{ n: 2, x: 'at (x)' }])
  })

  test('knows its own common tables', async () => {
    expect(await sql`with few as (select * from ${trips} limit 7) select count(*) as n from few`.all()).toEqual([
      { n: 7 },
    ])
  })

  test('streams: who stops reading stops it, and the next query runs', async () => {
    let seen = 0
    for await (const { id } of sql<{ id: number }>`select a.id from ${trips} a, ${trips} b`) {
      expect(id).toBeGreaterThanOrEqual(0)
      if (++seen === 10) break
    }
    expect(await sql`select 1 as one`.all()).toEqual([{ one: 1 }])
  })

  test('gives rows of many chunks whole, in their order and under the names that SQL gives them', async () => {
    const query = sql`select id, id as id, [id, null] as pair, null as nothing from ${trips}, range(9) as r order by id, r.range`
    const rows = await query.all()
    expect(rows).toHaveLength(27_000)
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 27_000 }, (_, at) => Math.floor(at / 9)))
    expect(rows[10]).toEqual({ id: 1, 'id:1': 1, pair: [1, null], nothing: null })
  })

  test('has a DuckDB of its own, with its own limits, whatever was made ahead for it', async () => {
    const limited = (memoryLimit: string): Promise<readonly object[]> =>
      createRelation(sqlText(["select current_setting('memory_limit') as most"], []), async () => ({
        ...host(),
        memoryLimit,
      })).all()
    expect(await limited('128MiB')).toEqual([{ most: '128.0 MiB' }])
    expect(await limited('128MiB')).toEqual([{ most: '128.0 MiB' }])
    expect(await limited('64MiB')).toEqual([{ most: '64.0 MiB' }])
  })

  test('writes a Parquet file and says what it read', async () => {
    const into = path.join(directory, 'out', 'result.parquet')
    mkdirSync(path.dirname(into))
    const written = await sql`select * from ${trips} where id < ${5}`.writeParquet(into)
    expect(written).toEqual({ rows: 5, reads: [{ dataset: 'bronze.trips' }] })
  })

  test('is given up when its run is cancelled', async () => {
    const cancel = new AbortController()
    const endless = createRelation(
      sqlText(['select sum(a.id * b.id) from ', ' a, ', ' b, ', ' c'], [trips, trips, trips]),
      async () => host(cancel.signal),
    ).all()
    setTimeout(() => cancel.abort(new Error('enough')), 300)
    await expect(endless).rejects.toThrow('enough')
  })
})

describe('a query is refused', () => {
  test.each([
    ["copy bronze.trips to 'x.csv'", 'SQL_INVALID'],
    ['select 1; select 2', 'SQL_INVALID'],
    ['', 'SQL_INVALID'],
    ['selec 1', 'SQL_INVALID'],
    ['pragma database_list', 'SQL_INVALID'],
    ["set memory_limit = '1TB'", 'SQL_INVALID'],
    ["attach 'x.db'", 'SQL_INVALID'],
    ['install httpfs', 'SQL_INVALID'],
    ["export database 'x'", 'SQL_INVALID'],
    ['create table x (a int)', 'SQL_INVALID'],
    ['describe bronze.trips', 'SQL_NOT_ALLOWED'],
    ["select * from 'trips.csv'", 'SQL_NOT_ALLOWED'],
    ["select * from '/etc/passwd'", 'SQL_NOT_ALLOWED'],
    ["select * from read_csv('/etc/passwd')", 'SQL_NOT_ALLOWED'],
    ["select (select content from read_text('/etc/passwd'))", 'SQL_NOT_ALLOWED'],
    ["select * from glob('/*')", 'SQL_NOT_ALLOWED'],
    ['select * from duckdb_settings()', 'SQL_NOT_ALLOWED'],
    ['select * from (with "/etc/hosts" as (select 1) select 1) a, "/etc/hosts" b', 'SQL_NOT_ALLOWED'],
    ["select * from query('select 1')", 'SQL_NOT_ALLOWED'],
    ["from query_table(['bronze.trips'])", 'SQL_NOT_ALLOWED'],
    ["from json_execute_serialized_sql(json_serialize_sql('select 1'))", 'SQL_NOT_ALLOWED'],
    ['select * from duckdb_secrets()', 'SQL_NOT_ALLOWED'],
    ['call pragma_version()', 'SQL_INVALID'],
    ["load 'x'", 'SQL_INVALID'],
    [`select ${'1+'.repeat(20_000)}1`, 'SQL_INVALID'],
    ['select * from trips', 'TABLE_NAME_INVALID'],
    ['select * from a.b.c', 'TABLE_NAME_INVALID'],
    ["select * from bronze.trips at (version => 'v' || '1')", 'SQL_INVALID'],
    ['select nothing from bronze.trips', 'LAKE_QUERY_FAILED'],
  ] as const)('%s → %s', async (text, code) => {
    await expectCode(createRelation({ text, values: [] }, async () => host()).all(), code)
  })

  test('when a value is none', () => {
    expect(() => sqlText(['select ', ''], [() => 1])).toThrow('a function cannot be a value')
  })
})
