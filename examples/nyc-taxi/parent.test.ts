import { expect, test } from 'vitest'
import { openWorkshop } from './open-workshop.testsupport.ts'
import { parent } from './parent.ts'

test('three months are three child runs of the parent, and the total is in its log', async () => {
  await using shop = await openWorkshop()
  const parameters = {
    months: [1, 2, 3],
    source: 'generated',
    rows: 700,
    warehouse: 'duckdb',
    directory: shop.directory,
  }
  const { id, outcome } = await shop.run(parent, parameters)
  expect(outcome).toMatchObject({ status: 'fulfilled', value: { rows: 2_100, appended: 2_100, files: 3 } })
  const { items: runs } = await shop.home.store.listRuns({ rootId: id, limit: 100 })
  const children = runs.filter((run) => run.parentId === id)
  expect(
    children
      .map(({ flow, name, state }) => [flow, name, state.name])
      .toSorted((a, b) => String(a).localeCompare(String(b))),
  ).toEqual([
    ['month', 'yellow 2021-01', 'Completed'],
    ['month', 'yellow 2021-02', 'Completed'],
    ['month', 'yellow 2021-03', 'Completed'],
  ])
  const { items: logs } = await shop.home.store.listLogs({ rootId: id, runId: id, limit: 100 })
  expect(logs.map(({ message }) => message)).toContain('total: 2100 rows in 3 files, 2100 of them new')
})

test('a second run takes the files from the cache and loads nothing twice', async () => {
  await using shop = await openWorkshop()
  const parameters = {
    months: [1, 2],
    colors: ['yellow', 'green'],
    source: 'generated',
    rows: 300,
    flaky: true,
    warehouse: 'duckdb',
    directory: shop.directory,
  }
  const first = await shop.run(parent, parameters)
  expect(await shop.home.store.countTaskRuns(first.id)).toMatchObject({ retries: 1, cached: 0, failed: 0 })
  const second = await shop.run(parent, parameters)
  expect(second.outcome).toMatchObject({ status: 'fulfilled', value: { rows: 1_200, appended: 0 } })
  expect(await shop.home.store.countTaskRuns(second.id)).toMatchObject({ retries: 0, cached: 4, failed: 0 })
})

test.each([[{ months: 'x' }], [{ months: [13] }], [{ months: [] }], [{ colors: ['blue'] }], [{ monthz: [1] }]])(
  'the parameters %o are refused before anything runs',
  async (parameters) => {
    await using shop = await openWorkshop()
    const { outcome } = await shop.run(parent, { ...parameters, directory: shop.directory })
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'PARAMETERS_INVALID' } })
    expect((await shop.home.store.listRuns({ limit: 10 })).items).toEqual([])
  },
)
