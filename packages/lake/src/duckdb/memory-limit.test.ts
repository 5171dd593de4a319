import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, totalmem } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { memoryLimit } from './memory-limit.ts'
import { openDuck } from './open-duck.ts'

test('a DuckDB may hold what SLUICE_LAKE_MEMORY says', () => {
  expect(memoryLimit({ SLUICE_LAKE_MEMORY: '600MB' })).toBe('572MiB')
  expect(memoryLimit({ SLUICE_LAKE_MEMORY: '1GiB' })).toBe('1024MiB')
})

test('otherwise less than half of what there is', () => {
  const mebibytes = Number(memoryLimit({ SLUICE_LAKE_MEMORY: '' }).replace('MiB', ''))
  expect(mebibytes).toBeGreaterThan(0)
  expect(mebibytes * 2 ** 20).toBeLessThan(totalmem() / 2)
})

test('what is no size is refused', () => {
  expect(() => memoryLimit({ SLUICE_LAKE_MEMORY: 'much' })).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      details: expect.objectContaining({ option: 'SLUICE_LAKE_MEMORY' }) as unknown,
    }),
  )
})

test('a DuckDB that is told nothing has a limit', async () => {
  const staging = await mkdtemp(path.join(tmpdir(), 'sluice-memory-'))
  try {
    await using duck = await openDuck({ staging })
    await using session = await duck.session()
    const [row] = await session.all<{ most: string }>("SELECT current_setting('memory_limit') AS most")
    await using told = await openDuck({ staging, memoryLimit: memoryLimit({}) })
    await using other = await told.session()
    expect([row]).toEqual(await other.all("SELECT current_setting('memory_limit') AS most"))
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
})
