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
