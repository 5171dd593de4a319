import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { cleanUpAfterEach, makePlace, type Place, startScript, startSluice } from './spawn.ts'

cleanUpAfterEach()

function resultFiles(place: Place): string[] {
  const entries = readdirSync(path.join(place.home, 'results'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
}

const effects = (place: Place): string => readFileSync(place.env['EFFECTS'] ?? '', 'utf8')

test('a result of 100 MB is one file beside a small database, and the process needs less than eight times its size', async () => {
  const place = makePlace()
  const end = await startScript('big', place).ended
  expect(end.code, end.stderr).toBe(0)
  expect(end.stdout).toContain('result {"length":100000000,"again":"abcdefghi\\n"}')
  expect(resultFiles(place).map((file) => statSync(file).size > 100_000_000)).toEqual([true])
  expect(statSync(path.join(place.home, 'sluice.db')).size).toBeLessThan(1_000_000)
  expect(Number(/peak (\d+)/.exec(end.stdout)?.[1])).toBeLessThan(800)
})

test('killed after it, the run goes on without making it again', async () => {
  const place = makePlace()
  const killed = await startScript('big', place, { env: { DIE: '1' } }).ended
  expect(killed.signal).toBe('SIGKILL')
  await using store = await place.open()
  const [run] = (await store.listRuns({ limit: 1 })).items
  const end = await startSluice(['runs', 'retry', run?.id ?? ''], place).ended
  expect(end.code, end.stderr).toBe(0)
  expect(effects(place)).toBe('make\nmeasure\n')
})

test('a result file that was damaged is noticed, named, and made anew when it is asked for', async () => {
  const place = makePlace()
  await startScript('big', place, { env: { DIE: '1', SIZE: '1000000' } }).ended
  const [file = ''] = resultFiles(place)
  const good = readFileSync(file)
  const bytes = Buffer.from(good)
  bytes[bytes.length >> 1] = 0
  writeFileSync(file, bytes)
  await using store = await place.open()
  const [run] = (await store.listRuns({ limit: 1 })).items
  const id = run?.id ?? ''
  const end = await startSluice(['runs', 'retry', id, '--json'], place, { env: { SIZE: '1000000' } }).ended
  expect(end.code).toBe(1)
  expect(`${end.stderr}${end.stdout}`).toContain('RESULT_CORRUPT')
  const again = await startSluice(['runs', 'retry', id, '--from', 'make'], place, { env: { SIZE: '1000000' } }).ended
  expect(again.code, again.stderr).toBe(0)
  expect(effects(place)).toBe('make\nmeasure\nmake\nmeasure\n')
  expect(readFileSync(file).equals(good)).toBe(true)
})
