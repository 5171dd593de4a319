import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cleanUpAfterEach, type Ended, makePlace, type Place, startScript, startSluice } from './spawn.ts'

cleanUpAfterEach()

async function states(
  place: Place,
): Promise<{ readonly run: string; readonly tasks: Readonly<Record<string, string>> }> {
  await using store = await place.open()
  const { items } = await store.listRuns({ limit: 1 })
  const { items: rows } = await store.listTaskRuns({ rootId: items[0]?.id ?? '', limit: 100 })
  return { run: items[0]?.state.name ?? '', tasks: Object.fromEntries(rows.map((row) => [row.name, row.state.name])) }
}

async function interrupted(place: Place, kind: string, signal: NodeJS.Signals): Promise<Ended> {
  const child = startScript('long', place, { args: [kind] })
  await child.said('long has begun')
  child.signal(signal)
  return child.ended
}

const effects = (place: Place): string => readFileSync(place.env['EFFECTS'] ?? '', 'utf8')

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} cancels the run: bodies are told, states are recorded, the process ends by that signal`, async () => {
    const place = makePlace()
    const end = await interrupted(place, 'polite', signal)
    expect(end.signal).toBe(signal)
    expect(end.stdout).toMatch(/aborted: .*was cancelled/)
    expect(await states(place)).toEqual({ run: 'Cancelled', tasks: { quick: 'Completed', long: 'Cancelled' } })
    expect(effects(place)).toBe('before\n')
  })
}

test('a body that does not listen holds nothing up', async () => {
  const place = makePlace()
  const end = await interrupted(place, 'deaf', 'SIGINT')
  expect(end.signal).toBe('SIGINT')
  expect(await states(place)).toEqual({ run: 'Cancelled', tasks: { quick: 'Completed', long: 'Cancelled' } })
})

test('a shielded clean-up is done before the process ends', async () => {
  const place = makePlace()
  await interrupted(place, 'cleanup', 'SIGINT')
  expect(effects(place)).toBe('before\ncleaned up\n')
  expect((await states(place)).run).toBe('Cancelled')
})

test('Ctrl-C during a long sleep ends it', async () => {
  const place = makePlace()
  const child = startScript('long', place, { args: ['sleep'] })
  await child.said('effect before')
  child.signal('SIGINT')
  expect((await child.ended).signal).toBe('SIGINT')
  expect((await states(place)).run).toBe('Cancelled')
})

test('a second Ctrl-C kills at once; the run is found Crashed and can be continued', async () => {
  const place = makePlace()
  const child = startScript('long', place, { args: ['stuck'] })
  await child.said('long has begun')
  child.signal('SIGINT')
  await child.said('stuck')
  child.signal('SIGINT')
  expect((await child.ended).signal).toBe('SIGKILL')
  const list = await startSluice(['runs', 'ls', '--json'], place).ended
  expect(list.code, list.stderr).toBe(0)
  expect(['Crashed', 'Cancelled']).toContain((await states(place)).run)
})

test('sluice run exits 130 after Ctrl-C, and the run that was cancelled goes on with a retry', async () => {
  const place = makePlace()
  const script = new URL('scripts/long.ts', import.meta.url).pathname
  const child = startSluice(['run', script, '-p', 'kind=polite'], place)
  await child.said('long has begun')
  child.signal('SIGINT')
  const end = await child.ended
  expect(end.code === 130 || end.signal === 'SIGINT', `${end.code} ${end.signal}`).toBe(true)
  await using store = await place.open()
  const { items } = await store.listRuns({ limit: 1 })
  const again = startSluice(['runs', 'retry', items[0]?.id ?? ''], place)
  await again.said('long has begun')
  again.signal('SIGINT')
  await again.ended
  expect(effects(place), 'what was done stays done').toBe('before\n')
})
