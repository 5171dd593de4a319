import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { clearText } from './scripts/secretive.ts'
import { cleanUpAfterEach, makePlace, type Place, startScript, startSluice } from './spawn.ts'

cleanUpAfterEach()

/** The clear text as encoders on its way may write it. */
const forms = [
  clearText,
  encodeURIComponent(clearText),
  encodeURI(clearText),
  JSON.stringify(clearText).slice(1, -1),
  Buffer.from(clearText).toString('base64'),
]

function leaksIn(text: Buffer | string, where: string): string[] {
  const bytes = Buffer.from(text)
  return forms.filter((form) => bytes.includes(form)).map((form) => `${form} in ${where}`)
}

/** Every byte that is kept: the database with its journal beside it, results, keys. */
function leaksOnDisk(place: Place): string[] {
  const files = readdirSync(place.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.flatMap((file) => leaksIn(readFileSync(path.join(file.parentPath, file.name)), file.name))
}

for (const log of ['json', 'plain'] as const) {
  for (const how of ['succeeds', 'fails'] as const) {
    test(`a run that ${how} and reports as ${log} leaves no secret in clear text anywhere`, async () => {
      const place = makePlace()
      const end = await startScript('secretive', place, { args: [how], env: { SLUICE_LOG: log } }).ended
      expect(end.code).toBe(how === 'fails' ? 1 : 0)
      expect(leaksOnDisk(place)).toEqual([])
      expect([...leaksIn(end.stdout, 'stdout'), ...leaksIn(end.stderr, 'stderr')]).toEqual([])
      if (how === 'succeeds') expect(end.stdout).toBe('result {"kept":"********","same":true} ********\n')
    })
  }
}

test('commands that show such a run show no secret, and its retry still has the value', async () => {
  const place = makePlace()
  await startScript('secretive', place, { args: ['fails'] }).ended
  await using store = await place.open()
  const id = (await store.listRuns({ limit: 1 })).items[0]?.id ?? ''
  for (const args of [
    ['runs', 'show', id],
    ['runs', 'show', id, '--json'],
    ['runs', 'logs', id],
    ['runs', 'logs', id, '--json'],
    ['runs', 'retry', id],
  ]) {
    const end = await startSluice(args, place).ended
    expect([...leaksIn(end.stdout, args.join(' ')), ...leaksIn(end.stderr, `${args.join(' ')} (stderr)`)]).toEqual([])
    if (args[1] === 'retry') expect(end.stderr).toContain('cannot reach postgres://me:********@db/warehouse')
  }
})

test('without the key nothing can be continued, which is said before the run is touched; with it, it can', async () => {
  const place = makePlace()
  const right = Buffer.alloc(32, 1).toString('base64')
  const wrong = Buffer.alloc(32, 2).toString('base64')
  await startScript('secretive', place, { args: ['fails'], env: { SLUICE_SECRET_KEY: right } }).ended
  await using store = await place.open()
  const [before] = (await store.listRuns({ limit: 1 })).items
  const refused = await startSluice(['runs', 'retry', before?.id ?? '', '--json'], place, {
    env: { SLUICE_SECRET_KEY: wrong },
  }).ended
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('SECRET_UNREADABLE')
  expect(refused.stderr).not.toMatch(/^\s+at /m)
  expect(await store.getRun(before?.id ?? '')).toEqual(before)
  const again = await startSluice(['runs', 'retry', before?.id ?? ''], place, { env: { SLUICE_SECRET_KEY: right } })
    .ended
  expect(again.stderr).toContain('cannot reach postgres://me:********@db/warehouse')
})
