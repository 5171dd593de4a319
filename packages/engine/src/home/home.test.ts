import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemPlatform } from '../platform.ts'
import { openHome } from './home.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'sluice-home-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test('an address that is not PostgreSQL is refused, and nothing is made', async () => {
  const home = path.join(dir, '.sluice')
  await expect(openHome({ home, databaseUrl: 'mysql://127.0.0.1:1/x' })).rejects.toThrow(
    /must begin with postgres:\/\//,
  )
  expect(await readdir(dir)).toEqual([])
})

test('a home that nobody ran in is only looked at when it must not be made', async () => {
  await using home = await openHome({ home: path.join(dir, '.sluice'), create: false })
  expect((await home.store.listRuns({ limit: 1 })).items).toEqual([])
  expect(await readdir(dir)).toEqual([])
})

test('ids are UUIDv7, ordered by time, and none comes twice', () => {
  const before = performance.timeOrigin + performance.now()
  const ids = Array.from({ length: 10_000 }, () => systemPlatform.newId())
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(ids).size).toBe(ids.length)
  const time = Number.parseInt((ids[0] ?? '').replace('-', '').slice(0, 12), 16)
  expect(time - before).toBeGreaterThan(-2)
  expect(time - before).toBeLessThan(60_000)
})
