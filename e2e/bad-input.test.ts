import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { cleanUpAfterEach, type Ended, makePlace, type Place, startScript, startSluice } from './spawn.ts'

cleanUpAfterEach()

const script = path.join(import.meta.dirname, 'scripts/misbehaves.ts')

async function misbehave(place: Place, way: string): Promise<Ended> {
  return startScript('misbehaves', place, { args: [way] }).ended
}

/** State, error code and the tasks that were kept, of the one run there is. */
async function recorded(place: Place): Promise<{ state: string; code: string | undefined; tasks: readonly string[] }> {
  await using store = await place.open()
  const [run] = (await store.listRuns({ limit: 1 })).items
  const { items } = await store.listTaskRuns({ rootId: run?.id ?? '', limit: 10 })
  return {
    state: run?.state.name ?? '',
    code: run?.error?.code,
    tasks: items.map((row) => `${row.name} ${row.state.name}`),
  }
}

for (const [way, code] of [
  ['function', 'RESULT_UNSERIALIZABLE'],
  ['text', 'NON_ERROR_THROWN'],
  ['nothing', 'NON_ERROR_THROWN'],
] as const) {
  test(`a task that returns or throws what cannot be kept (${way}) fails loudly with ${code}; what was done stays`, async () => {
    const place = makePlace()
    const end = await misbehave(place, way)
    expect(end.code).toBe(1)
    expect(end.stderr).toContain(code)
    if (way === 'function') expect(end.stderr).toContain('result.rows[2].parse')
    expect(await recorded(place)).toEqual({ state: 'Failed', code, tasks: ['kept Completed', 'misbehave Failed'] })
  })
}

test('a result with a circle in it is kept', async () => {
  const place = makePlace()
  const end = await startSluice(['run', script, '-p', 'way=circle'], place).ended
  expect(end.code, end.stderr).toBe(0)
  expect(end.stdout).toContain('[Circular')
})

test('a task that nobody awaits is waited for', async () => {
  const place = makePlace()
  const end = await misbehave(place, 'forgets')
  expect(end.stdout).toBe('effect kept\neffect slow\nresult "returned early"\n')
  expect(await recorded(place)).toMatchObject({ state: 'Completed', tasks: ['kept Completed', 'slow Completed'] })
})

test('a failure that nobody awaits fails the flow', async () => {
  const place = makePlace()
  expect((await misbehave(place, 'forgets a failure')).code).toBe(1)
  expect(await recorded(place)).toMatchObject({ state: 'Failed', code: 'NON_ERROR_THROWN' })
})

test('a rejection of a plain promise that nobody awaits fails the run, not the process', async () => {
  const place = makePlace()
  const end = await misbehave(place, 'late')
  expect(end.stderr).toContain('nobody waits for this')
  expect(await recorded(place)).toMatchObject({ state: 'Failed', tasks: ['kept Completed', 'misbehave Failed'] })
})

for (const [what, args, code, hint] of [
  ['a missing file', ['run', 'nowhere.ts'], 'FILE_NOT_FOUND', /nowhere\.ts/],
  ['a missing export', ['run', `${script}:misbehave`], 'FLOW_NOT_FOUND', /did you mean 'misbehaves'/],
  ['a file that does not import', ['run', 'broken.ts'], 'IMPORT_FAILED', /broken\.ts/],
  ['an unknown option', ['run', 'unknown-option.ts'], 'IMPORT_FAILED', /retrys.*did you mean 'retries'/s],
  ['an invalid parameter', ['run', 'schema.ts', '-p', 'month="may"'], 'PARAMETERS_INVALID', /month/],
] as const) {
  test(`${what} is ${code}, with what to do next, and leaves no run behind`, async () => {
    const place = makePlace()
    const imports = `import { flow } from '${path.resolve(import.meta.dirname, '../packages/sluice/src/index.ts')}'\n`
    writeFileSync(path.join(place.dir, 'broken.ts'), 'export const x: number = \n')
    writeFileSync(
      path.join(place.dir, 'unknown-option.ts'),
      `${imports}export const a = flow({ name: 'a', retrys: 3 } as object, () => 1)\n`,
    )
    const schema = `{ '~standard': { version: 1, vendor: 'here', validate: () => ({ issues: [{ message: 'a number is needed', path: ['month'] }] }) } }`
    writeFileSync(
      path.join(place.dir, 'schema.ts'),
      `${imports}export const a = flow({ name: 'a', parameters: ${schema} }, () => 1)\n`,
    )
    const end = await startSluice([...args, '--json'], place).ended
    expect(end.code).not.toBe(0)
    expect(end.stderr).toContain(code)
    expect(end.stderr).toMatch(hint)
    const list = await startSluice(['runs', 'ls', '--json'], place).ended
    expect(JSON.parse(list.stdout)).toMatchObject({ items: [] })
  })
}
