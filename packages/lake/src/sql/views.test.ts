import { flow, openHome, type OpenHome, startRun } from '@sluice/engine'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lakeOf } from '../table/open-lake.ts'
import { lake, table } from '../table/table.ts'

let directory: string
let home: OpenHome
const trips = table('v.trips')
const inRun = <T>(body: () => Promise<T>): Promise<T> =>
  startRun(flow({ name: 'f' }, body), undefined, { home }) as Promise<T>

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-views-'))
  home = await openHome({ home: path.join(directory, '.sluice') })
  await inRun(() =>
    trips.append([
      { id: 1, fare: 5 },
      { id: 2, fare: 50 },
    ]),
  )
})
afterAll(async () => {
  await (await lakeOf(home))[Symbol.asyncDispose]()
  await home.close()
  await rm(directory, { recursive: true, force: true })
})

describe('a view', () => {
  test('is asked like a table, also through other views, and follows its tables', async () => {
    await inRun(async () => {
      const big = await lake.view('v.big', lake.sql`select * from ${trips} where fare > 10 -- big`, {
        description: 'Big',
      })
      await lake.view('v.biggest', 'select max(b.fare) as fare from V.Big b;')
      const ask = () => lake.sql`select (select count(*) from ${big}) as n, fare from v.biggest`.all()
      expect(await ask()).toEqual([{ n: 1, fare: 50 }])
      await trips.append([{ id: 3, fare: 70 }])
      expect(await ask()).toEqual([{ n: 2, fare: 70 }])
      expect((await lake.search('v.big')).items.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
        'view v.big',
        'view v.biggest',
      ])
    })
  })

  test('is named by the lineage of what was made from it, and comes itself from what its query names', async () => {
    const [rides, sums] = [table('v.rides'), table('v.sums')]
    await inRun(() => rides.append([{ id: 1, fare: 5 }]))
    await inRun(() => lake.view('v.far', 'select * from v.rides'))
    await inRun(() => lake.view('v.dear', 'select fare from V.Far f'))
    await inRun(() => sums.replace(lake.sql`select sum(fare) as fare from v.dear`))
    const linksOf = async (name: string, direction: 'upstream' | 'downstream'): Promise<readonly string[]> =>
      (await inRun(() => lake.lineage(name, { direction }))).links
        .map(({ from, to, definition }) => `${from} ${definition === true ? 'is named by' : 'went into'} ${to}`)
        .toSorted()
    const defined = ['v.far is named by v.dear', 'v.rides is named by v.far']
    const made = ['v.dear went into v.sums', 'v.rides went into v.sums']
    expect(await linksOf('v.sums', 'upstream')).toEqual([...defined, ...made].toSorted())
    expect(await linksOf('v.dear', 'upstream')).toEqual(defined)
    expect(await linksOf('v.dear', 'downstream')).toEqual(['v.dear went into v.sums'])
    expect(await linksOf('v.rides', 'downstream')).toEqual([...defined, ...made].toSorted())
  })

  test('may name versions of tables, and has none itself', async () => {
    await inRun(async () => {
      const { snapshot } = await trips.append([{ id: 4, fare: 90 }])
      await lake.view('v.then', `select count(*) as n from v.trips at (version => '${snapshot}')`)
      const before = await lake.sql`select n from v.then`.all()
      await trips.append([{ id: 5, fare: 90 }])
      expect(await lake.sql`select n from v.then`.all()).toEqual(before)
      await expect(lake.sql`select n from v.then at (version => 'x')`.all()).rejects.toMatchObject({
        code: 'SQL_INVALID',
      })
    })
  })

  test('that names itself, by whatever way, is refused when it is made', async () => {
    await inRun(async () => {
      await lake.view('v.one', 'select 1 as a')
      await lake.view('v.two', 'select * from v.one')
      await expect(lake.view('v.one', 'select * from v.two')).rejects.toMatchObject({
        code: 'SQL_INVALID',
        message: expect.stringMatching(/v\.one → v\.two → v\.one|v\.two → v\.one → v\.two/),
      })
      await expect(lake.view('v.self', 'select * from v.self')).rejects.toMatchObject({ code: 'SQL_INVALID' })
      expect(await lake.sql`select a from v.two`.all()).toEqual([{ a: 1 }])
    })
  })

  test.each([
    ['v.x', 'drop table v.trips', 'SQL_INVALID'],
    ['v.x', 'select 1; select 2', 'SQL_INVALID'],
    ['v.x', "select * from read_csv('/etc/passwd')", 'SQL_NOT_ALLOWED'],
    ['v.x', 'select * from v.nothing', 'TABLE_NOT_FOUND'],
    ['v.x', 'select nothing from v.trips', 'SQL_INVALID'],
    ['v.trips', 'select 1 as a', 'TABLE_EXISTS'],
    ['V.x', 'select 1 as a', 'TABLE_NAME_INVALID'],
    ['quarantine.v__x', 'select 1 as a', 'TABLE_NAME_INVALID'],
    ['temp.v', 'select 1 as a', 'TABLE_NAME_INVALID'],
  ])('%s as %j is refused with %s', async (name, query, code) => {
    await expect(inRun(() => lake.view(name, query))).rejects.toMatchObject({ code })
  })

  test('takes no values: they would be nobody’s', async () => {
    await expect(
      inRun(() => lake.view('v.x', lake.sql`select * from ${trips} where fare > ${10}`)),
    ).rejects.toMatchObject({
      code: 'SQL_INVALID',
    })
  })
})
