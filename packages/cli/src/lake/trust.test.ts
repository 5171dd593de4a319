import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, type Ended } from '../cli.fixture.ts'

const prepare = `import { flow, notNull, range, table, task, unique } from 'sluice'
const trips = table('bronze.trips', { checks: [unique('id'), notNull('zone'), range('fare', { min: 0, severity: 'warn' })] })
let tries = 0
const load = task({ name: 'load', retries: 3, retryDelay: 1 }, async (id: string, rows: readonly object[]) => {
  tries++
  await trips.append(rows, { id })
})
export const prepare = flow(async () => {
  await trips.append([{ id: 1, zone: 4, fare: -1 }], { id: 'first' })
  await load('twice', [{ id: 1, zone: 4, fare: 1 }]).catch(({ code }) => console.log(code, tries))
  await load('nowhere', [{ id: 2, zone: null, fare: 1 }]).catch(({ code }) => console.log(code, tries))
  console.log((await trips.check()).map(({ name, outcome }) => name + ' ' + outcome).join(', '))
})
`

const json = ({ stdout }: Ended): { readonly [name: string]: unknown } =>
  JSON.parse(stdout) as { readonly [name: string]: unknown }

describe('a table with checks', () => {
  const project = createProject({
    'prepare.ts': prepare,
    'good.csv': 'id,zone,fare\n3,4,1\n',
    'bad.csv': 'id,zone,fare\n3,,1\n',
  })
  const lake = (...args: readonly string[]): Promise<Ended> => project.main(['lake', ...args])
  let prepared = ''

  beforeAll(async () => {
    prepared = (await project.sluice('run', 'prepare.ts')).stdout
  })
  afterAll(() => project[Symbol.dispose]())

  test('says in code what blocks a load, which no task tries again, and what its checks say', () => {
    expect(prepared).toContain(
      'LOAD_BLOCKED 1\nLOAD_BLOCKED 2\nunique(id) passed, not_null(zone) passed, range(fare) failed\n',
    )
  })

  test('shows what they said, and asks them again', async () => {
    expect((await lake('checks', 'bronze.trips')).stdout).toMatch(/range\(fare\) +warn +✗ failed +1 +1 row is out/)
    expect(await lake('checks', 'bronze.trips', '--run')).toMatchObject({ code: 0 })
    expect(json(await lake('checks', 'bronze.trips', '--json'))).toMatchObject({
      items: [{ name: 'unique(id)', severity: 'block', last: { outcome: 'passed', failing: 0 } }, {}, {}],
    })
  })

  test('lists its incidents, shows one with its rows, and what can be done', async () => {
    const { items } = json(await lake('incidents', '--json')) as { items: { id: string; loadId: string }[] }
    expect(items.map(({ loadId }) => loadId)).toEqual(['nowhere', 'twice'])
    expect((await lake('incidents', 'bronze.trips')).stdout).toMatch(/bronze\.trips +blocked.*\n {2}\S.*[^…]\n/)
    const shown = await lake('incidents', 'show', String(items[1]?.id.slice(0, 8)))
    expect(shown.stdout).toContain('✗ failed  unique(id): 2 rows share their key')
    expect(shown.stdout).toContain('{"id":1,"rows_alike":2}')
    expect(shown.stdout).toContain('npx sluice lake publish bronze.trips twice --drop')
  })

  test('takes a load by the command only when it is good', async () => {
    expect(await lake('ingest', 'bronze.trips', 'good.csv')).toMatchObject({ code: 0 })
    const bad = await lake('ingest', 'bronze.trips', 'bad.csv', '--id', 'empty')
    expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining('[LOAD_BLOCKED]') })
    const { items } = json(await lake('sql', 'select count(*) as n from bronze.trips', '--json'))
    expect(items).toEqual([{ n: 2 }])
  })

  test('publishes a blocked load by force, drops another, and resolves what is settled', async () => {
    expect(await lake('publish', 'bronze.trips', 'nowhere')).toMatchObject({ code: 1 })
    expect((await lake('publish', 'bronze.trips', 'nowhere', '--force')).stdout).toContain('is published: 1 row.')
    expect((await lake('publish', 'bronze.trips', 'twice', '--drop')).stdout).toContain('is dropped')
    expect(await lake('checks', 'bronze.trips', '--run')).toMatchObject({ code: 1 })
    const [left] = (json(await lake('incidents', '--json')) as { items: { id: string; loadId: string }[] }).items
    expect(left?.loadId).toBe('empty')
    const resolved = await lake('incidents', 'resolve', String(left?.id), '--note', 'sent back')
    expect(resolved.stdout).toContain('is resolved')
    expect((await lake('incidents')).stdout).toContain('No incident is open.')
    const all = json(await lake('incidents', '--all', '--json')) as { items: { note: string }[] }
    expect(all.items.map(({ note }) => note).toSorted()).toEqual([
      'dropped',
      'published by force, in spite of: not_null(zone)',
      'sent back',
    ])
  })

  test('is released with others, and all of them are rolled back at once', async () => {
    await lake('ingest', 'bronze.zones', 'good.csv')
    const made = await lake('release', '2026-01', 'bronze.trips', 'bronze.zones')
    expect(made.stdout).toMatch(/✓ The release 2026-01 has:\n {2}bronze\.trips at version \d+\n {2}bronze\.zones at/)
    await lake('ingest', 'bronze.zones', 'good.csv')
    expect(await lake('release', '2026-01', 'bronze.zones')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[RELEASE_EXISTS]'),
    })
    expect((await lake('releases')).stdout).toMatch(/2026-01 +bronze\.trips, bronze\.zones/)
    const rows = "select count(*) as n from bronze.zones at (version => 'release/2026-01')"
    expect(json(await lake('sql', rows, '--json'))).toMatchObject({ items: [{ n: 1 }] })
    expect((await lake('rollback', '--release', '2026-01')).stdout).toContain('what they were in the release 2026-01')
    expect(json(await lake('sql', 'select count(*) as n from bronze.zones', '--json'))).toMatchObject({
      items: [{ n: 1 }],
    })
    expect(json(await lake('release', '2026-01', 'bronze.zones', '--move', '--json'))).toMatchObject({
      tables: [{ table: 'bronze.zones' }],
    })
  })

  test.each([
    [['rollback', '--release', 'none'], 'RELEASE_NOT_FOUND'],
    [['release', '../x', 'bronze.trips'], 'OPTION_INVALID'],
    [['checks', 'bronze.none'], 'TABLE_NOT_FOUND'],
    [['incidents', 'show', 'nothing'], 'INCIDENT_NOT_FOUND'],
    [['incidents', 'resolve', 'nothing'], 'INCIDENT_NOT_FOUND'],
    [['publish', 'bronze.trips', 'nothing'], 'LOAD_NOT_FOUND'],
    [['publish', 'bronze.trips', 'twice'], 'LOAD_NOT_FOUND'],
    [['publish', 'bronze.trips', 'first', '--drop'], 'LOAD_NOT_FOUND'],
  ] as const)('%j ends with 2 and %s', async (args, code) => {
    expect(await lake(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(`[${code}]`) })
  })

  test('a rollback names a table and a version, or a release', async () => {
    expect(await lake('rollback', 'bronze.trips')).toMatchObject({ code: 2 })
    expect(await lake('rollback')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('name a table and a version'),
    })
  })
})
