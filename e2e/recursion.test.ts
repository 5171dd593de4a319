import { expect, test } from 'vitest'
import { cleanUpAfterEach, makePlace, startScript } from './spawn.ts'

cleanUpAfterEach()

for (const [kind, what] of [
  ['down', 'a task that calls itself'],
  ['again', 'a flow that calls itself'],
  ['spread', 'a task that calls itself twice'],
] as const) {
  test(`${what} without end fails with RECURSION_TOO_DEEP`, async () => {
    const place = makePlace()
    const end = await startScript('recursive', place, { args: [kind], nodeArgs: ['--max-old-space-size=256'] }).ended
    expect(end.code, end.stderr.slice(-2_000)).toBe(1)
    expect(end.stderr).toContain('RECURSION_TOO_DEEP')
    await using store = await place.open()
    const [run] = (await store.listRuns({ limit: 1 })).items
    expect(run?.error?.code).toBe('RECURSION_TOO_DEEP')
    expect(run?.state.name).toBe('Failed')
  })
}
