import { expect, test } from 'vitest'
import { cleanUpAfterEach, makePlace, type Place, startScript, startSluice } from './spawn.ts'

cleanUpAfterEach()

interface Listed {
  readonly id: string
  readonly flow: string
  readonly state: { readonly name: string; readonly message: string | null }
}

async function list(place: Place): Promise<readonly Listed[]> {
  const end = await startSluice(['runs', 'ls', '--json'], place).ended
  expect(end.code, end.stderr).toBe(0)
  return (JSON.parse(end.stdout) as { items: Listed[] }).items
}

test('the next command finds the run of a killed process Crashed, and leaves those of living ones alone', async () => {
  const place = makePlace()
  const alive = startScript('long', place, { args: ['deaf'] })
  const dead = startScript('long', place, { args: ['deaf'] })
  await Promise.all([alive.said('long has begun'), dead.said('long has begun')])
  dead.signal('SIGKILL')
  await dead.ended
  const states = (await list(place)).map((run) => run.state)
  expect(states.map((state) => state.name).toSorted()).toEqual(['Crashed', 'Running'])
  expect(states.find((state) => state.name === 'Crashed')?.message).toContain(String(dead.pid))
})

test('any later script marks them too', async () => {
  const place = makePlace()
  const dead = startScript('long', place, { args: ['deaf'] })
  await dead.said('long has begun')
  dead.signal('SIGKILL')
  await dead.ended
  expect((await startScript('many', place, { args: ['3'] }).ended).code).toBe(0)
  await using store = await place.open()
  expect((await store.listRuns({ limit: 10 })).items.map((run) => [run.flow, run.state.name])).toEqual([
    ['many', 'Completed'],
    ['waits', 'Crashed'],
  ])
})

test('a run that was being cancelled when its process died ends Cancelled', async () => {
  const place = makePlace()
  const dead = startScript('long', place, { args: ['stuck'] })
  await dead.said('long has begun')
  dead.signal('SIGSTOP')
  const [run] = await list(place)
  await startSluice(['runs', 'cancel', run?.id ?? '', '--no-wait'], place).ended
  dead.signal('SIGKILL')
  await dead.ended
  expect((await list(place)).map((each) => each.state.name)).toEqual(['Cancelled'])
})

test('process.exit in a task is a crash like any other', async () => {
  const place = makePlace()
  expect((await startScript('misbehaves', place, { args: ['exit'] }).ended).code).toBe(7)
  expect((await list(place)).map((each) => each.state.name)).toEqual(['Crashed'])
})
