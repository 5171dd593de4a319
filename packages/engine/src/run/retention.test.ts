import { FakeClock, testHome } from '@sluice/testing'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { flow, startRun, task } from '../index.ts'
import { applyRetention, retentionFrom } from './retention.ts'

const reporter = { event: () => undefined }
const day = 24 * 3_600_000

test('runs that ended long ago go, with their large results; younger ones stay', async () => {
  const clock = new FakeClock()
  await using home = await testHome({ platform: clock, settings: { retention: '30d' } })
  const big = task({ name: 'big' }, async (letter: string) => letter.repeat(100_000))
  const make = flow({ name: 'make' }, async (p: { letter: string }) => {
    await big(p.letter)
  })
  await startRun(make, { letter: 'a' }, { home, reporter })
  clock.jumpTo(clock.now() / 1000 + 40 * day)
  await startRun(make, { letter: 'b' }, { home, reporter })
  await applyRetention(home)
  const { items } = await home.store.listRuns({ limit: 10 })
  expect(items.map((run) => run.parameters)).toEqual([{ text: expect.stringContaining('b') }])
  const files = (await readdir(path.join(home.dir, 'results'), { recursive: true })).filter((file) => file.length > 10)
  expect(files.length).toBe(1)
})

test('a large result that was put again lately is not discarded', async () => {
  await using home = await testHome()
  const bytes = Buffer.from('x'.repeat(10))
  await home.results.put('ab12', bytes)
  await home.results.discard('ab12')
  expect(await readdir(path.join(home.dir, 'results', 'ab'))).toEqual(['ab12'])
})

test('SLUICE_RETENTION is a duration or off', () => {
  expect([retentionFrom(undefined, '90d'), retentionFrom('7d', '90d'), retentionFrom('off', '90d')]).toEqual([
    '90d',
    '7d',
    'off',
  ])
  expect(() => retentionFrom('soon', '90d')).toThrow(/not a duration/)
})
