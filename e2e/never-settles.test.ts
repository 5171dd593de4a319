import { expect, test } from 'vitest'
import { cleanUpAfterEach, makePlace, startScript, startSluice } from './spawn.ts'

cleanUpAfterEach()

test('a task that never settles is seen as running, by name, from another process', async () => {
  const place = makePlace()
  const child = startScript('long', place, { args: ['deaf'] })
  await child.said('long has begun')
  await using store = await place.open()
  const [run] = (await store.listRuns({ limit: 1 })).items
  const names = async (): Promise<string[]> => {
    const { items } = await store.listTaskRuns({ rootId: run?.id ?? '', limit: 10, states: ['running'] })
    return items.map((row) => row.name)
  }
  await expect.poll(names, { timeout: 10_000 }).toEqual(['long'])
  const shown = await startSluice(['runs', 'show', run?.id ?? ''], place).ended
  expect(shown.stdout).toMatch(/long/)
})

test('another process can cancel it', async () => {
  const place = makePlace()
  const child = startScript('long', place, { args: ['deaf'] })
  await child.said('long has begun')
  await using store = await place.open()
  const [run] = (await store.listRuns({ limit: 1 })).items
  const cancel = await startSluice(['runs', 'cancel', run?.id ?? ''], place).ended
  expect(cancel.code, cancel.stderr).toBe(0)
  expect((await child.ended).code).toBe(1)
  expect((await store.getRun(run?.id ?? ''))?.state.name).toBe('Cancelled')
})

test('a flow that never settles with nothing else to do does not end the process silently', async () => {
  const place = makePlace()
  const child = startScript('misbehaves', place, { args: ['never settles'] })
  await child.said('waiting for ever')
  await using store = await place.open()
  const [run] = (await store.listRuns({ limit: 1 })).items
  child.signal('SIGINT')
  // The body gets ten seconds to clean up, unless a second Ctrl-C says otherwise.
  await child.said('told to stop')
  child.signal('SIGINT')
  expect((await child.ended).signal).toBe('SIGKILL')
  expect((await store.getRun(run?.id ?? ''))?.state.type).toMatch(/running|cancelling/)
})
