import { type AnyFlow, flow, openHome, type OpenHome, startRun, task } from '@sluice/engine'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { lake, table } from '../table/table.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'

const trips = table('bronze.trips')
const zones = table('bronze.zones')
const revenue = table('gold.revenue')

let directory: string
let home: OpenHome
let first: string | undefined
const times: Date[] = []

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-lake-sql-'))
  home = await openHome({ home: path.join(directory, '.sluice') })
  await inRun(async () => {
    await zones.append([
      { id: 1, borough: 'Bronx' },
      { id: 2, borough: 'Queens' },
    ])
    const made = await trips.append([
      { zone: 1, fare: 10 },
      { zone: 2, fare: 20 },
    ])
    first = made.snapshot
    times.push(new Date(Date.now()))
    // Versions are found by milliseconds.
    await vi.waitUntil(() => Date.now() > Number(times[0]) + 1, { interval: 1 })
    await trips.append([{ zone: 2, fare: 30 }])
  })
})

afterAll(async () => {
  await home.close()
  await rm(directory, { recursive: true, force: true })
})

/** What `body` gives as a task of a run of this test's home. */
async function inRun<T>(body: () => Promise<T>): Promise<T> {
  const work = task({ name: 'work', persist: false }, body)
  let result: readonly T[] = []
  await startRun(flow({ name: 'f' }, async () => void (result = [await work()])) as AnyFlow, {}, { home })
  const [value] = result
  return value as T
}

async function all<T>(rows: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const row of rows) found.push(row)
  return found
}

const perBorough = lake.sql<{ borough: string; fares: number; trips: number }>`
  select z.borough, sum(t.fare) as fares, count(*) as trips
  from ${trips} t join ${zones} z on z.id = t.zone group by all order by 1`

describe('a query of the lake', () => {
  test('joins tables, and gives rows as JavaScript has them', async () => {
    expect(await inRun(() => perBorough.all())).toEqual([
      { borough: 'Bronx', fares: 10, trips: 1 },
      { borough: 'Queens', fares: 50, trips: 2 },
    ])
  })

  test('sees a table as it was: by snapshot id, by time, by AT, and whatever case SQL is written in', async () => {
    const at = async (query: { all(): Promise<readonly object[]> }): Promise<unknown> => inRun(() => query.all())
    const then = times[0] ?? new Date()
    expect(await at(lake.sql`select count(*) as n from ${trips.at(first ?? '')} t`)).toEqual([{ n: 2 }])
    expect(await at(lake.sql`select count(*) as n from ${trips.at(BigInt(first ?? 0))}`)).toEqual([{ n: 2 }])
    expect(await at(lake.sql`select count(*) as n from ${trips.at(then)}`)).toEqual([{ n: 2 }])
    const texts = [
      `select count(*) as n from Bronze.TRIPS at (version => ${first})`,
      `select count(*) as n from bronze.trips at (timestamp => '${then.toISOString()}')`,
      `select count(*) as n from bronze.trips at (timestamp => '${then.toISOString().replace('T', ' ').slice(0, -1)}')`,
    ]
    for (const text of texts)
      expect(await at(lake.sql(Object.assign([text], { raw: [text] }))), text).toEqual([{ n: 2 }])
  })

  test.each([
    ['select * from bronze.nothing', 'TABLE_NOT_FOUND'],
    ["select * from bronze.trips at (version => 'v9')", 'TABLE_VERSION_NOT_FOUND'],
    ["select * from bronze.trips at (timestamp => 'yesterday')", 'TABLE_VERSION_NOT_FOUND'],
    ["select * from bronze.trips at (timestamp => '2001-01-01')", 'TABLE_VERSION_NOT_FOUND'],
    ['select * from bronze.trips where far > 1', 'LAKE_QUERY_FAILED'],
  ] as const)('%s → %s', async (text, code) => {
    await expectCode(
      inRun(() => lake.sql(Object.assign([text], { raw: [text] })).all()),
      code,
    )
  })

  test('may stand in another one however it ends, and says in which line it is wrong', async () => {
    const inner = lake.sql`select 1 as a; -- one`
    expect(await inRun(() => lake.sql`select a from ${inner} x`.all())).toEqual([{ a: 1 }])
    const wrong = lake.sql`select\n a,\n nothing from ${inner} x`
    await expect(inRun(() => wrong.all())).rejects.toMatchObject({ message: expect.stringContaining('(line 3)') })
  })

  test('becomes a table, which knows what was read for it', async () => {
    const loaded = await inRun(() => revenue.replace(perBorough))
    expect(loaded).toMatchObject({ rows: 2, rejected: 0 })
    const [write] = (await home.store.listLakeLineage({ limit: 1, dataset: 'gold.revenue' })).items
    const { items } = await home.store.listLakeLineage({ limit: 100, dataset: 'bronze.trips' })
    expect(items.filter((each) => each.commitId === write?.commitId)).toMatchObject([{ direction: 'read' }])
    const rows = await inRun(() => all(revenue.rows({ columns: ['borough', 'fares', '_source_file'] })))
    expect(rows).toEqual([
      { borough: 'Bronx', fares: 10, _source_file: null },
      { borough: 'Queens', fares: 50, _source_file: null },
    ])
  })

  test('replaces the table that it reads', async () => {
    await inRun(() => revenue.replace(perBorough))
    await inRun(() => revenue.replace(lake.sql`select borough, fares * 2 as fares, trips from ${revenue}`))
    expect(await inRun(() => lake.sql`select sum(fares) as s from ${revenue}`.all())).toEqual([{ s: 120 }])
  })

  test('keeps sums of integers exact, also inside lists', async () => {
    const big = table('gold.big')
    const n = 9_007_199_254_740_993n
    await inRun(() => big.append(lake.sql`select sum(a) as s, [sum(a)] as l from (select unnest(${[n, 0n]}) as a)`))
    expect(await inRun(() => all(big.rows({ columns: ['s', 'l'] })))).toEqual([{ s: n, l: [n] }])
  })

  test('leaves nothing in the staging directory', async () => {
    const left = await readdir(path.join(directory, '.sluice', 'lake', '.staging'), { recursive: true })
    expect(left.filter((name) => name.endsWith('.parquet'))).toEqual([])
  })
})

describe('sources from outside', () => {
  test('are joined with tables under their names: rows, files, other queries and promises of rows', async () => {
    await inRun(async () => {
      const file = path.join(directory, 'tips.csv')
      await writeFile(file, 'Zone,Tip\n1,0.5\n2,1.5\n')
      const from = {
        names: Promise.resolve([
          { id: 1, name: 'B' },
          { id: 2, name: 'Q' },
        ]),
        tips: file,
        sums: lake.sql`select zone, sum(fare) as fares from ${trips} group by zone`,
      }
      const joined = lake.sql({ from })`
        select z.borough, n.name, t.tip, s.fares::int as fares from ${zones} z join names n using (id)
        join TIPS t on t.zone = z.id join sums s on s.zone = z.id where t.tip > ${1}`
      expect(await joined.all()).toEqual([{ borough: 'Queens', name: 'Q', tip: 1.5, fares: 50 }])
      expect(await table('gold.joined').replace(joined)).toMatchObject({ rows: 1 })
    })
    const left = (await readdir(path.join(directory, '.sluice'), { recursive: true })).filter((name) =>
      name.includes('outside-'),
    )
    expect(left).toEqual([])
  })

  test('that do not fit, are called oddly, or are not there are refused', async () => {
    await inRun(async () => {
      const file = path.join(directory, 'odd.csv')
      await writeFile(file, 'a,b\n1,2\n3\n')
      await expectCode(lake.sql({ from: { odd: file } })`select * from odd`.all(), 'LOAD_REJECTED')
      await expectCode(lake.sql({ from: { 'a b': [] } })`select 1`.all(), 'OPTION_INVALID')
      await expectCode(lake.sql({ from: { a: [{ x: 1 }] } })`select * from b`.all(), 'TABLE_NAME_INVALID')
      expect(() => lake.sql({ form: {} } as object)).toThrow(/form/)
    })
  })
})
