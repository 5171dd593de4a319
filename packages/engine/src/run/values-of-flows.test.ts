import { testHome } from '@sluice/testing'
import { expect, test } from 'vitest'
import { flow, startRun } from '../index.ts'

test('a flow whose result cannot be kept fails, with the path of the bad value', async () => {
  await using home = await testHome()
  const bad = flow({ name: 'bad' }, async () => ({ rows: [1, () => 2] }))
  const run = startRun(bad, undefined, { home, reporter: { event: () => undefined } })
  await expect(run).rejects.toMatchObject({ code: 'RESULT_UNSERIALIZABLE', details: { path: 'result.rows[1]' } })
  const { items } = await home.store.listRuns({ limit: 1 })
  expect(items[0]?.state.name).toBe('Failed')
})
