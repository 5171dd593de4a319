import { expect, test } from 'vitest'
import { cleanUpAfterEach, makePlace, startScript } from './spawn.ts'

cleanUpAfterEach()

test('eight scripts that start at once on one new SQLite file all complete, and nothing of them is lost', async () => {
  const place = makePlace()
  const ends = await Promise.all(
    Array.from({ length: 8 }, () => startScript('many', place, { args: ['100'], env: { SLUICE_LOG: 'json' } }).ended),
  )
  for (const end of ends) {
    expect(end.code, end.stderr.slice(-2_000)).toBe(0)
    expect(end.stdout).toBe('result 200\n')
    expect(end.stderr).not.toMatch(/SQLITE_BUSY|database is locked|STORE_|no new task starts/)
  }
  await using store = await place.open()
  const { items } = await store.listRuns({ limit: 100 })
  expect(items.map((run) => run.state.name)).toEqual(Array(8).fill('Completed'))
  for (const run of items) expect(await store.countTaskRuns(run.id)).toMatchObject({ total: 200, completed: 200 })
})
