import { flow, openHome, type OpenHome, startRun } from '@sluice/engine'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lakeOf } from '../table/open-lake.ts'
import { lake, table } from '../table/table.ts'
import { models } from './models.ts'
import { parseModel } from './read-models.ts'

let directory: string
let home: OpenHome
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-models-'))
  home = await openHome({ home: path.join(directory, '.sluice') })
})
afterAll(async () => {
  await (await lakeOf(home))[Symbol.asyncDispose]()
  await home.close()
  await rm(directory, { recursive: true, force: true })
})

const inRun = <T>(body: () => Promise<T>): Promise<T> =>
  startRun(flow({ name: 'f' }, body), undefined, { home }) as Promise<T>

/** Files of a project of their own; gives the pattern that finds them. */
async function project(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name, file)), { recursive: true })
    await writeFile(path.join(directory, name, file), text)
  }
  return path.join(directory, name, '**/*.sql')
}

test('models become tables and views, each after those that it refers to, with their lineage', async () => {
  const pattern = await project('good', {
    'a-last.sql': "-- name: gold.top\n-- materialized: table\nselect max(fare) as fare from {{ ref('silver.big') }}",
    'silver/big.sql':
      "-- materialized: view\n-- description: Worth it\n-- a word more\nselect * from ref('silver.rides') where fare > 10",
    'rides.sql': `-- name: silver.rides
-- materialized: incremental
-- key: id
-- owner: data@example.org
select id, fare from {{ref("bronze.rides")}}`,
  })
  const rides = table('bronze.rides')
  const sql = models(pattern)
  await inRun(async () => {
    await rides.append([
      { id: 1, fare: 5 },
      { id: 2, fare: 50 },
    ])
    expect(await sql.names()).toEqual(['silver.rides', 'silver.big', 'gold.top'])
    expect(await sql.run()).toMatchObject([
      { name: 'silver.rides', materialized: 'incremental', rows: 2 },
      { name: 'silver.big', materialized: 'view' },
      { name: 'gold.top', rows: 1, snapshot: expect.any(String) },
    ])
    expect((await lake.lineage('gold.top')).links.map(({ from, to }) => `${from} > ${to}`)).toEqual([
      'silver.big > gold.top',
      'silver.rides > gold.top',
      'bronze.rides > silver.rides',
      'silver.rides > silver.big',
    ])
  })
  await inRun(async () => {
    await rides.replace([{ id: 2, fare: 70 }])
    await sql.run()
    expect(await lake.sql`select fare from gold.top`.all()).toEqual([{ fare: 70 }])
    expect(await lake.sql`select id, fare from silver.rides order by id`.all()).toEqual([
      { id: 1, fare: 5 },
      { id: 2, fare: 70 },
    ])
  })
})

test.each([
  ['nothing', {}, 'no file is called so'],
  [
    'circle',
    { 'c/a.sql': "select * from ref('c.b')", 'c/b.sql': "select * from ref('c.a')" },
    /a\.sql → .*b\.sql → .*a\.sql/,
  ],
  ['unknown', { 'c/a.sql': "select * from ref('c.nothing')" }, /c.a\.sql.*ref\('c\.nothing'\) is no model/],
  ['twice', { 'x.sql': '-- name: c.a\nselect 1', 'y.sql': '-- name: c.a\nselect 2' }, /x\.sql has the name c\.a/],
])('%s: what cannot run says which file it is', async (name, files, problem) => {
  const pattern = await project(name, files)
  await expect(inRun(() => models(pattern).run())).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: typeof problem === 'string' ? expect.stringContaining(problem) : expect.stringMatching(problem),
  })
})

test.each([
  ['syntax', 'select id,\n  fare\nform x y z', /syntax\/c\/a\.sql:4 failed: syntax error at or near/],
  ['column', "select id,\n  nothing\nfrom {{ ref('bronze.rides') }};\n", /column\/c\/a\.sql:3 failed: .*nothing/],
  ['table', 'select *\nfrom bronze.nowhere', /c\/a\.sql failed: The lake has no table 'bronze\.nowhere'/],
  ['files', "select * from read_csv('x.csv')", /c\/a\.sql failed: .*read_csv/],
])('a model that fails with its %s says where, as a table and as a view', async (name, sql, message) => {
  for (const materialized of ['table', 'view']) {
    const pattern = await project(name, { 'c/a.sql': `-- materialized: ${materialized}\n${sql}` })
    await inRun(async () => table('bronze.rides').replace([{ id: 1, fare: 5 }]))
    await expect(inRun(() => models(pattern).run())).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringMatching(message),
    })
  }
})

test('a model may end with a semicolon and a comment', async () => {
  const pattern = await project('ends', { 'c/ends.sql': 'select 1 as a; -- one\n' })
  expect(await inRun(() => models(pattern).run())).toMatchObject([{ name: 'c.ends', rows: 1 }])
})

test.each([
  ['-- materialised: view\nselect 1', "sql/a.sql:1 cannot run: it says 'materialised'"],
  ['-- key: id\n-- key: no\nselect 1', "sql/a.sql:2 cannot run: it says 'key' a second time"],
  ['\n-- name: Gold Fares\nselect 1', "sql/a.sql:2 cannot run: 'Gold Fares' is no name"],
  ['-- name: system.fares\nselect 1', "sql/a.sql:1 cannot run: 'system.fares' is no name for it: the namespace system"],
  ["select 1\nfrom ref('trips')", 'sql/a.sql:2 '],
  ['-- materialized: index\nselect 1', "'index'"],
  ["select * from ref('trips')", "ref('trips')"],
  ["select * from ref('a.b\"; drop')", 'names no table'],
  ['select {{ var("x") }}', '{{ … }}'],
])('%j is refused', (text, problem) => {
  expect(() => parseModel('sql/a.sql', text)).toThrow(
    expect.objectContaining({ code: 'MODEL_INVALID', message: expect.stringContaining(problem) }),
  )
})

test('a file that does not say its name has that of its directory and its own', () => {
  expect(parseModel('sql/gold/revenue.sql', 'select 1')).toMatchObject({ name: 'gold.revenue', materialized: 'table' })
})
