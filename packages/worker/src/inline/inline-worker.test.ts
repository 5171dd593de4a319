import { expect, test, vi } from 'vitest'
import { FakeServerProcess } from '../fake-server-process.fixture.ts'
import {
  cleanUpAfterEach,
  flows as source,
  makeProject,
  notes,
  open,
  startFakeServer,
  startTestWorker,
  writeSource,
} from '../worker-harness.fixture.ts'

cleanUpAfterEach()

/** Flows that run inside the test's own process know their project by its path. */
function inlineProject(): string {
  const project = makeProject({})
  writeSource(project, 'flows.ts', inlineSource(project))
  return project
}

function inlineSource(project: string, change: (text: string) => string = (text) => text): string {
  return change(source)
    .replaceAll("appendFileSync('notes'", `appendFileSync('${project}/notes'`)
    .replaceAll("existsSync('open-'", `existsSync('${project}/open-'`)
}

test('flows run in the process of the worker', async () => {
  const server = await startFakeServer()
  const project = inlineProject()
  startTestWorker(server, project, { mode: 'inline' })
  const id = await server.submit({ flow: 'quick', entrypoint: 'flows.ts:quick', directory: project })
  const run = await server.untilState(id, 'Completed', 'Failed', 'Crashed')
  expect(await server.home.values.decode(run.result ?? { text: '' })).toEqual(['quick', process.pid])
  expect(server.registrations).toMatchObject([{ mode: 'inline', capacity: 50 }])
})

test('a flow that blocks the event loop keeps its lease', async () => {
  const project = inlineProject()
  // A server in this process would be blocked too.
  await using server = await FakeServerProcess.start()
  const worker = startTestWorker(server, project, { mode: 'inline' })
  await server.submit({ flow: 'blocks', entrypoint: 'flows.ts:blocks', directory: project })
  await vi.waitUntil(() => notes(project).includes('unblocked'), { timeout: 10_000 })
  await worker.stop()
  expect(await server.longestGapMs()).toBeLessThan(1_500)
})

test('changed code runs in the same process, beside the old', async () => {
  const server = await startFakeServer()
  const project = inlineProject()
  startTestWorker(server, project, { mode: 'inline' })
  const quick = { flow: 'quick', entrypoint: 'flows.ts:quick', directory: project }
  await server.untilState(await server.submit(quick), 'Completed')
  writeSource(
    project,
    'flows.ts',
    inlineSource(project, (text) => text.replace("await step('quick')", "await step('changed')")),
  )
  await server.untilState(await server.submit(quick), 'Completed')
  expect(notes(project)).toEqual(['quick', 'changed'])
})

test('a deployment that needs a process of its own is refused with the reason', async () => {
  const server = await startFakeServer()
  const project = inlineProject()
  startTestWorker(server, project, { mode: 'inline' })
  const quick = { flow: 'quick', entrypoint: 'flows.ts:quick', directory: project }
  await server.submit({ ...quick, jobVariables: { memoryMb: 100 } })
  await server.until(() => server.reports.length > 0)
  expect(server.reports).toMatchObject([
    { reason: 'notHere', message: expect.stringContaining('a worker that starts one for each run') as string },
  ])
})

test('a run that passes its time limit is reported, and one that is left behind when the worker stops is drained', async () => {
  const server = await startFakeServer()
  const project = inlineProject()
  const worker = startTestWorker(server, project, { mode: 'inline', drainMs: 100 })
  const gated = { flow: 'gated', entrypoint: 'flows.ts:gated', directory: project }
  await server.submit({ ...gated, jobVariables: { timeLimit: '500ms' } })
  await server.until(() => server.reports.length === 1)
  await server.submit(gated)
  await server.until(() => notes(project).filter((line) => line === 'before gate').length === 2)
  await worker.stop()
  expect(server.reports.map(({ reason }) => reason)).toEqual(['timedOut', 'drained'])
  open(project, 'gate')
})
