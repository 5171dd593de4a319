import { expect, test } from 'vitest'
import { createProject } from '../cli.fixture.ts'

const flows = `
import { asset, flow, lake, table, task } from 'sluice'
const trips = table('bronze.trips')
const fares = table('gold.fares')
const extract = task({ name: 'extract' }, async () => {
  await asset('postgres://ada:s3cret@shop/db/trips?sslmode=on').read()
  return [{ id: 1, fare: 2 }]
})
const load = task({ name: 'load' }, async (rows: readonly object[]) => (await trips.append(rows)).rows)
const sum = task({ name: 'sum' }, async () => {
  await fares.replace(lake.sql\`select sum(fare) as fare from \${trips}\`)
})
const publish = task({ name: 'publish' }, async () => {
  for await (const row of fares.rows()) await asset('postgres://warehouse/db/fares').wrote({ rows: 1 })
})
export const main = flow({ name: 'main' }, async () => {
  await load(extract())
  await sum()
  await publish()
})
`

test('lineage is shown as a tree, from a source outside to a warehouse outside', async () => {
  using project = createProject({ 'flows.ts': flows })
  expect(await project.main(['run', 'flows.ts:main'])).toMatchObject({ code: 0 })
  const { stdout } = await project.main(['lake', 'lineage', 'gold.fares'])
  expect(stdout).toMatch(
    /^gold\.fares was made from:\n└─ bronze\.trips .*by run .*\n {3}└─ postgres:\/\/shop\/db\/trips /,
  )
  expect(stdout).toMatch(/gold\.fares went into:\n└─ postgres:\/\/warehouse\/db\/fares /)
  expect(stdout).not.toContain('s3cret')
  const asked = await project.main([
    'lake',
    'lineage',
    'postgres://shop/db/trips',
    '--downstream',
    '--depth',
    '1',
    '--json',
  ])
  expect(JSON.parse(asked.stdout)).toMatchObject({ links: [{ to: 'bronze.trips', writes: 1 }] })
})

test('a view is shown, previewed and part of the lineage; joins and the audit log are one command away', async () => {
  using project = createProject({
    'joined.ts': `
import { flow, table } from 'sluice'
const zones = table('b.zones', { key: ['id'] })
const trips = table('b.trips', { references: { zone_id: zones.col('id') } })
export const main = flow({ name: 'main' }, async () => {
  await zones.append([{ id: 4, name: 'Centre' }])
  await trips.append([{ id: 1, zone_id: 4, fare: 5.5 }, { id: 2, zone_id: 4, fare: 50.5 }])
})
`,
  })
  const lake = async (...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    project.main(['lake', ...args])
  expect(await project.main(['run', 'joined.ts:main'])).toMatchObject({ code: 0 })
  expect(await lake('view', 'b.dear', 'select * from b.trips where fare > 10')).toMatchObject({ code: 0 })
  expect((await lake('lineage', 'b.dear')).stdout).toMatch(/└─ b\.trips {2}in the query of the view/)
  expect((await lake('lineage', 'b.trips')).stdout).toMatch(/went into:\n└─ b\.dear {2}in the query/)
  expect((await lake('show', 'b.dear')).stdout).toMatch(/reads +b\.trips[\s\S]*fare +double/)
  expect((await lake('schema', 'b.dear')).stdout).toMatch(/zone_id +long/)
  expect((await lake('preview', 'b.dear', '--columns', 'id,fare')).stdout).toMatch(/ID +FARE\n +2 +50\.5/i)
  expect(await lake('preview', 'b.dear', '--columns', 'nothing')).toMatchObject({
    stderr: expect.stringContaining('[TABLE_COLUMN_UNKNOWN]') as string,
  })
  expect((await lake('preview', 'b.dear', '--at', 'x')).stderr).toContain('a view has no versions')
  expect((await lake('versions', 'b.dear')).stderr).toContain("'b.dear' is a view, not a table")
  expect((await lake('lineage', 'b.tripz')).stderr).toContain("did you mean 'b.trips'?")
  expect((await lake('lineage', 'b.tripz')).code).not.toBe(0)
  expect((await lake('drop', 'b.tripz')).stderr).toContain("did you mean 'b.trips'?")
  expect((await lake('drop', 'b.zones')).stdout).toContain('npx sluice lake drop b.zones --yes')
  expect((await lake('show', 'b.trips')).stdout).toMatch(/joins +zone_id → b\.zones\.id/)
  expect((await lake('joins', 'b.zones')).stdout).toBe('b.trips.zone_id → b.zones.id\n')
  const { stdout: sql } = await lake('joins', 'b.zones', 'b.trips')
  expect(sql).toBe('select *\nfrom b.zones z\njoin b.trips t on t.zone_id = z.id\n')
  expect(JSON.parse((await lake('sql', `${sql}order by fare`, '--json')).stdout)).toMatchObject({
    items: [{ fare: 5.5 }, { fare: 50.5 }],
  })
  expect((await lake('show', 'trips')).stderr).toContain("did you mean 'b.trips'?")
  expect((await lake('sql', 'select * from trips')).stderr).toContain("did you mean 'b.trips'?")
  expect((await lake('shw')).stdout).toContain('Did you mean: npx sluice lake show?')
  project.write('one.csv', 'id\n1\n')
  expect((await lake('ingest', 'b.dear', 'one.csv')).stderr).toContain('it is a view')
  const audit = JSON.parse((await lake('audit', 'b.trips', '--json')).stdout) as {
    items: { did: string; by: string }[]
  }
  expect(audit.items.map(({ did }) => did)).toEqual(expect.arrayContaining(['read', 'write']))
  expect(new Set(audit.items.map(({ by }) => by)).size).toBe(1)
  expect((await lake('audit')).stdout).toMatch(/view +b\.dear/)
  expect((await lake('audit', 'b.tripz')).code).not.toBe(0)
})
