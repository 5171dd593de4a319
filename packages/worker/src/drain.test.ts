import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  cleanUpAfterEach,
  isAlive,
  makeProject,
  notes,
  open,
  startFakeServer,
  startTestWorker,
} from './worker-harness.fixture.ts'

cleanUpAfterEach()

test('a worker that drains claims no more, lets its runs finish, and tells the server that it stops', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project)
  const gated = { flow: 'gated', entrypoint: 'flows.ts:gated', directory: project }
  const id = await server.submit(gated)
  await server.until(() => notes(project).includes('before gate'))
  const stopped = worker.stop()
  await server.until(() => server.beats.at(-1)?.draining === true && server.waitingClaims === 0)
  const late = await server.submit(gated)
  open(project, 'gate')
  await stopped
  expect((await server.run(id)).state.name).toBe('Completed')
  expect((await server.run(late)).state.name).toBe('Scheduled')
  expect(server.stopped).toHaveLength(1)
  expect(server.reports).toEqual([])
})

test('what does not finish in time is left to other workers, as drained and not as crashed', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project, { drainMs: 200 })
  const id = await server.submit({ flow: 'gated', entrypoint: 'flows.ts:gated', directory: project })
  await server.until(() => notes(project).includes('before gate'))
  const pid = Number(notes(project)[0]?.slice(4))
  await worker.stop()
  expect(isAlive(pid)).toBe(false)
  expect(server.reports).toMatchObject([{ run: id, reason: 'drained' }])
  startTestWorker(server, project)
  open(project, 'gate')
  expect((await server.untilState(id, 'Completed', 'Failed')).state.name).toBe('Completed')
  expect(notes(project).filter((line) => line === 'first')).toHaveLength(1)
})

test('asked a second time it does not wait', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project)
  await server.submit({ flow: 'gated', entrypoint: 'flows.ts:gated', directory: project })
  await server.until(() => notes(project).includes('before gate'))
  const first = worker.stop()
  await worker.stop({ now: true })
  await first
  expect(server.reports).toMatchObject([{ reason: 'drained' }])
})

test('a worker stops although no server is there', async () => {
  const project = makeProject()
  const worker = startTestWorker({ url: 'http://127.0.0.1:9' }, project)
  await worker.stop()
  await worker.ended
})

test('Ctrl-C drains: running runs finish, then the process ends by itself', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const script = path.join(project, 'worker.ts')
  writeFileSync(
    script,
    `import { drainOnSignals, startWorker } from '${path.join(import.meta.dirname, 'index.ts')}'
const worker = startWorker({ url: '${server.url}', token: 't', pool: 'default', project: ${JSON.stringify(project)} })
using _ = drainOnSignals(worker)
await worker.ended`,
  )
  const worker = spawn(process.execPath, ['--conditions=source', script], { stdio: 'ignore' })
  const ended = new Promise((resolve) => worker.once('exit', (code, signal) => resolve(signal ?? code)))
  const id = await server.submit({ flow: 'gated', entrypoint: 'flows.ts:gated', directory: project })
  await server.until(() => notes(project).includes('before gate'))
  worker.kill('SIGINT')
  await server.until(() => server.beats.at(-1)?.draining === true)
  open(project, 'gate')
  expect(await ended).toBe(0)
  expect((await server.run(id)).state.name).toBe('Completed')
  expect(server.stopped).toHaveLength(1)
})
