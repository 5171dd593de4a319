import { expect, test } from 'vitest'
import {
  cleanUpAfterEach,
  makeProject,
  notes,
  open,
  startFakeServer,
  startTestWorker,
} from './worker-harness.fixture.ts'

cleanUpAfterEach()

test('a due run is claimed, run in a process of its own and journaled over HTTP', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project)
  const id = await server.submit({ flow: 'quick', entrypoint: 'flows.ts:quick', directory: project })
  const run = await server.untilState(id, 'Completed', 'Failed', 'Crashed')
  expect(run.state.name).toBe('Completed')
  const [name, pid] = (await server.home.values.decode(run.result ?? { text: '' })) as [string, number]
  expect(name).toBe('quick')
  expect(pid).not.toBe(process.pid)
  expect(server.registrations).toMatchObject([{ pool: 'default', mode: 'process', protocol: 1 }])
  await server.until(() => worker.lines.some((line) => line.includes('quick: Completed')))
  expect(server.reports).toEqual([])
})

test('what a flow prints is in the log of its worker, after its run and flow, and in the log of its run', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project)
  const id = await server.submit({ flow: 'quick', entrypoint: 'flows.ts:quick', directory: project })
  await server.until(async () => (await server.logs(id)).includes('printed by quick'))
  expect(worker.lines).toContain(`info: ${id.slice(0, 18)} quick | printed by quick`)
})

test('a flow that logs without a pause ends all the same: its worker shows what it can take, and says how much it does not', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project)
  const id = await server.submit({ flow: 'chatty', entrypoint: 'flows.ts:chatty', directory: project })
  const run = await server.untilState(id, 'Completed', 'Failed', 'Crashed')
  expect(run.state.name).toBe('Completed')
  await server.until(() => worker.lines.some((line) => line.includes('chatty: Completed')))
  expect(worker.lines.find((line) => line.includes('are not shown here'))).toMatch(
    /warn: .* chatty \| \d{5} lines of its log/,
  )
})

test('a flow sees the environment of its deployment, and neither the token nor the database of its worker', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  process.env['SLUICE_DATABASE_URL'] = 'postgres://secret'
  process.env['SLUICE_API_TOKEN'] = 'secret'
  try {
    startTestWorker(server, project)
    const id = await server.submit({
      flow: 'environment',
      entrypoint: 'flows.ts:environment',
      directory: project,
      jobVariables: { env: { REGION: 'north', RETRIES: 3 } },
    })
    const run = await server.untilState(id, 'Completed', 'Failed', 'Crashed')
    const env = (await server.home.values.decode(run.result ?? { text: '' })) as Record<string, string>
    expect(env).toMatchObject({ REGION: 'north', RETRIES: '3', PATH: process.env['PATH'] })
    expect(Object.keys(env).filter((name) => name.startsWith('SLUICE_') || name.startsWith('VITEST'))).toEqual([])
    expect(JSON.stringify(env)).not.toContain('secret')
  } finally {
    delete process.env['SLUICE_DATABASE_URL']
    delete process.env['SLUICE_API_TOKEN']
  }
})

test('a flow that fails is journaled as failed, and nothing is reported besides', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  startTestWorker(server, project)
  const id = await server.submit({ flow: 'fails', entrypoint: 'flows.ts:fails', directory: project })
  const run = await server.untilState(id, 'Failed', 'Crashed')
  expect(run.error?.message).toBe('as it was told')
  expect(server.reports).toEqual([])
})

test.each([
  ['a file that is not there', { entrypoint: 'nowhere.ts:quick' }, 'FILE_NOT_FOUND', 'launchFailed'],
  ['an export that is not there', { entrypoint: 'flows.ts:nobody', flow: 'nobody' }, 'FLOW_NOT_FOUND', 'launchFailed'],
  ['a file that does not import', { entrypoint: 'broken.ts:quick' }, 'IMPORT_FAILED', 'launchFailed'],
  ['job variables that nobody knows', { jobVariables: { memory: 3 } }, 'OPTION_UNKNOWN', 'launchFailed'],
  ['a version that is gone', { contentHash: 'abc' }, 'VERSION_NOT_HERE', 'notHere'],
])(
  '%s is reported as a launch that failed, with what to do and whether it may elsewhere',
  async (_, change, code, reason) => {
    const server = await startFakeServer()
    const project = makeProject({
      'flows.ts': "import { flow } from 'sluice'\nexport const quick = flow(() => 1)\n",
      'broken.ts': 'export const x = {',
    })
    startTestWorker(server, project)
    const run = { flow: 'quick', entrypoint: 'flows.ts:quick', directory: project, ...change }
    await server.submit(run)
    await server.until(() => server.reports.length > 0)
    expect(server.reports).toMatchObject([{ reason, message: expect.stringContaining(code) as string }])
  },
)

test('runs go on up to the limit at once, and the next one is claimed when there is room', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  startTestWorker(server, project, { limit: 2 })
  const submit = (): Promise<string> =>
    server.submit({ flow: 'gated', entrypoint: 'flows.ts:gated', directory: project })
  const ids = [await submit(), await submit(), await submit()]
  await server.until(() => notes(project).filter((line) => line === 'before gate').length === 2)
  expect((await server.run(ids[2] ?? '')).state.name).toBe('Scheduled')
  open(project, 'gate')
  for (const id of ids) expect((await server.untilState(id, 'Completed', 'Crashed')).state.name).toBe('Completed')
  expect(server.claims.every(({ max }) => max <= 2)).toBe(true)
})
