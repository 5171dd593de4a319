import { createClient } from '@sluice/api/node'
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { FakeServer } from '../fake-server.fixture.ts'
import { cleanUpAfterEach, makeProject, startFakeServer, writeSource } from '../worker-harness.fixture.ts'
import { type ProjectLook, supervise, type SuperviseOptions, type Supervisor } from './supervise.ts'

cleanUpAfterEach()

const flowFile = (value: number, more = ''): string => `import { flow } from 'sluice'
export const ingest = flow({ name: 'ingest' }, async () => ${value})
await ingest.deploy({ name: 'main', every: '1h' })
${more}`

interface Supervised {
  readonly supervisor: Supervisor
  readonly looks: readonly ProjectLook[]
  /** The look that follows. */
  readonly next: () => Promise<ProjectLook>
}

async function superviseProject(
  server: FakeServer,
  project: string,
  options: Partial<SuperviseOptions> = {},
): Promise<Supervised> {
  const looks: ProjectLook[] = []
  const supervisor = await supervise({
    url: server.url,
    token: 'token',
    project,
    worker: false,
    log: () => undefined,
    onLook: (look) => looks.push(look),
    ...options,
  })
  onTestFinished(() => supervisor.stop({ now: true }))
  const next = async (): Promise<ProjectLook> => {
    const { length } = looks
    await server.until(() => looks.length > length, 'another look')
    return looks.at(-1) as ProjectLook
  }
  return { supervisor, looks, next }
}

test('what a project declares is deployed, pinned to its code, with a copy of it', async () => {
  const server = await startFakeServer()
  const project = makeProject({ 'flows/a.ts': flowFile(1) })
  const { supervisor } = await superviseProject(server, project)
  expect(supervisor.look).toMatchObject({ problems: [], undeclared: [], changed: [] })
  const given = server.deployments.get('ingest/main')?.given
  expect(given).toMatchObject({
    entrypoint: 'flows/a.ts:ingest',
    source: { kind: 'directory', path: project },
    schedules: [{ every: 3_600_000 }],
  })
  expect(existsSync(path.join(project, '.sluice/code', given?.contentHash ?? '', 'flows/a.ts'))).toBe(true)
})

test('changed code is another version, at once; files that nothing imports are none', async () => {
  const server = await startFakeServer()
  const project = makeProject({ 'flows/a.ts': flowFile(1) })
  const { next } = await superviseProject(server, project)
  const look = next()
  writeSource(project, 'flows/a.ts', flowFile(2))
  expect(await look).toMatchObject({ changed: ['flows/a.ts'], deployments: [{ changed: true }] })
  expect(server.deployments.get('ingest/main')?.number).toBe(2)
  const other = next()
  writeSource(project, 'lib/other.ts', 'export const other = 1\n')
  expect(await other).toMatchObject({ changed: ['lib/other.ts'], deployments: [{ created: false, changed: false }] })
  expect(server.deployed).toHaveLength(2)
})

test('a mistake is shown and what was deployed stays; corrected, it goes on', async () => {
  const server = await startFakeServer()
  const project = makeProject({ 'flows/a.ts': flowFile(1) })
  const { next } = await superviseProject(server, project)
  const broken = next()
  writeSource(project, 'flows/a.ts', 'export const = 1\n')
  expect(await broken).toMatchObject({
    problems: [{ file: 'flows/a.ts', code: 'IMPORT_FAILED' }],
    deployments: [],
    undeclared: [],
  })
  expect(server.deployments.size).toBe(1)
  const corrected = next()
  writeSource(project, 'flows/a.ts', flowFile(3))
  expect(await corrected).toMatchObject({ problems: [], deployments: [{ changed: true }] })
})

test('what is not declared any more is told and not deleted', async () => {
  const server = await startFakeServer()
  const project = makeProject({ 'flows/a.ts': flowFile(1), 'flows/b.ts': flowFile(1).replaceAll('ingest', 'export') })
  writeSource(project, 'flows/b.ts', flowFile(1).replaceAll('ingest', 'load'))
  const { next } = await superviseProject(server, project)
  const look = next()
  rmSync(path.join(project, 'flows/b.ts'))
  expect(await look).toMatchObject({ undeclared: ['load/main'], deployments: [{}] })
  expect(server.deployments.size).toBe(2)
  const broken = next()
  writeSource(project, 'flows/c.ts', 'export const = 1\n')
  expect(await broken).toMatchObject({ problems: [{}], undeclared: ['load/main'] })
})

test('what was deployed by hand is not missed in the code', async () => {
  const server = await startFakeServer()
  const project = makeProject({ 'flows/a.ts': flowFile(1) })
  const { next, supervisor } = await superviseProject(server, project)
  await using client = createClient({ url: server.url, token: 'any' })
  const source = { kind: 'directory', path: project } as const
  const byHand = { flow: 'ingest', name: 'by-hand', entrypoint: 'flows/a.ts:ingest', contentHash: 'h', source }
  await client.putDeployment({ body: byHand })
  const look = next()
  writeSource(project, 'flows/a.ts', flowFile(2))
  expect(await look).toMatchObject({ problems: [], undeclared: [] })
  expect(supervisor.look.undeclared).toEqual([])
})

test('what was deployed by hand follows the code, and is otherwise as it was', async () => {
  const server = await startFakeServer()
  const project = makeProject({ 'flows/a.ts': flowFile(1) })
  const { next } = await superviseProject(server, project)
  await using client = createClient({ url: server.url, token: 'any' })
  const byHand = {
    flow: 'ingest',
    name: 'by-hand',
    entrypoint: 'flows/a.ts:ingest',
    contentHash: 'h',
    source: { kind: 'directory', path: project },
    parameters: { n: 1 },
    schedules: [{ slug: 'nightly', cron: '0 3 * * *', timezone: 'Europe/Berlin', catchUp: 'all' }],
  } as const
  const away = { ...byHand, name: 'away', source: { kind: 'directory', path: '/elsewhere' } } as const
  await client.putDeployment({ body: byHand })
  await client.putDeployment({ body: away })
  const broken = next()
  writeSource(project, 'flows/a.ts', 'export const = 1\n')
  await broken
  expect(server.deployments.get('ingest/by-hand')).toMatchObject({ number: 1 })
  const look = next()
  writeSource(project, 'flows/a.ts', flowFile(2))
  expect(await look).toMatchObject({ deployments: [{}, { changed: true }] })
  const main = server.deployments.get('ingest/main')?.given.contentHash
  const { number, given } = server.deployments.get('ingest/by-hand') ?? {}
  expect(number).toBe(2)
  expect(given).toMatchObject({ ...byHand, contentHash: main })
  expect(server.deployments.get('ingest/away')).toMatchObject({ number: 1 })
  const same = next()
  writeSource(project, 'lib/other.ts', 'export const other = 1\n')
  expect(await same).toMatchObject({ deployments: [{ changed: false }, { changed: false }] })
  expect(server.deployments.get('ingest/by-hand')).toMatchObject({ number: 2 })
})

test('a deployment that the server refuses is a problem, and the others are made', async () => {
  const server = await startFakeServer()
  const more = "await ingest.deploy({ name: 'lost', pool: 'nowhere' })\n"
  const project = makeProject({ 'flows/a.ts': flowFile(1, more) })
  const { supervisor } = await superviseProject(server, project)
  expect(supervisor.look.problems).toMatchObject([{ file: 'flows/a.ts', code: 'POOL_NOT_FOUND' }])
  expect(server.deployments.size).toBe(1)
})

test('its worker runs what is due, each run at the version that it is pinned to', async () => {
  const server = await startFakeServer()
  const project = makeProject({ 'flows/a.ts': flowFile(1) })
  const { next, supervisor } = await superviseProject(server, project, { worker: { name: 'dev' } })
  const run = async (contentHash: string): Promise<unknown> => {
    const id = await server.submit({ flow: 'ingest', entrypoint: 'flows/a.ts:ingest', directory: project, contentHash })
    const { result, error } = await server.untilState(id, 'Completed', 'Failed', 'Crashed')
    expect(error).toBe(null)
    return server.home.values.decode(result ?? { text: '' })
  }
  const first = server.deployments.get('ingest/main')?.given.contentHash ?? ''
  const look = next()
  writeSource(project, 'flows/a.ts', flowFile(2))
  await look
  const second = server.deployments.get('ingest/main')?.given.contentHash ?? ''
  expect([await run(second), await run(first), await run(second)]).toEqual([2, 1, 2])
  expect(supervisor.worker?.name).toBe('dev')
})
