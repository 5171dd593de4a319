import { expect, test } from 'vitest'
import { cleanUpAfterEach, makePlace, startScript } from './spawn.ts'

cleanUpAfterEach()

test('SLUICE_LOG=json: every line of stderr is one JSON object, and stdout is the script’s own', async () => {
  const end = await startScript('steps', makePlace(), { env: { SLUICE_LOG: 'json' } }).ended
  const lines = end.stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.length).toBeGreaterThan(40)
  for (const line of lines)
    expect(line).toMatchObject({ t: expect.stringMatching(/^\d{4}-.*Z$/), kind: expect.any(String) })
  expect(new Set(lines.map((line) => line['kind']))).toEqual(new Set(['flow', 'task']))
  for (const line of end.stdout.trimEnd().split('\n')) expect(line).toMatch(/^(effect|result) /)
})

test('plain: whole lines without control characters, and where to look further', async () => {
  const end = await startScript('steps', makePlace(), { env: { SLUICE_LOG: 'plain' } }).ended
  expect(end.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
  expect(end.stderr.endsWith('\n')).toBe(true)
  expect(end.stderr).toMatch(/steps/)
  for (const line of end.stdout.trimEnd().split('\n')) expect(line).toMatch(/^(effect|result) /)
})

test('silent: a run that completes prints nothing of its own', async () => {
  const end = await startScript('steps', makePlace(), { env: { SLUICE_LOG: 'silent' } }).ended
  expect(end.stderr).toBe('')
  expect(end.stdout).toContain('result [')
})

test('a reader of stderr that goes away does not end the run', async () => {
  const place = makePlace()
  // `head` closes the pipe after the first line.
  const end = await startScript('many', place, {
    args: ['300'],
    prefix: ['sh', '-c', '"$@" 2>&1 >/dev/null | head -n 1', 'sh'],
  }).ended
  expect(end.code).toBe(0)
  await using store = await place.open()
  expect((await store.listRuns({ limit: 1 })).items[0]?.state.name).toBe('Completed')
})
