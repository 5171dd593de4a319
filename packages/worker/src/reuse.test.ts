import { expect, test } from 'vitest'
import type { FakeServer, Submitted } from './fake-server.fixture.ts'
import { processLauncher } from './launch/process-launcher.ts'
import {
  cleanUpAfterEach,
  flows,
  isAlive,
  makeProject,
  startFakeServer,
  startTestWorker,
  writeSource,
} from './worker-harness.fixture.ts'

cleanUpAfterEach()

/** Runs one after the other, each once its process is free again; answers with the pids. */
async function pidsOf(
  server: FakeServer,
  worker: { readonly executing: number },
  runs: readonly Submitted[],
): Promise<number[]> {
  const pids: number[] = []
  for (const submitted of runs) {
    const id = await server.submit(submitted)
    const run = await server.untilState(id, 'Completed', 'Failed', 'Crashed')
    expect(run.state.name, JSON.stringify(run.error)).toBe('Completed')
    const value = await server.home.values.decode(run.result ?? { text: '' })
    pids.push(Number(Array.isArray(value) ? value[1] : value))
    await server.until(() => worker.executing === 0)
  }
  return pids
}

const quick = (directory: string): Submitted => ({ flow: 'quick', entrypoint: 'flows.ts:quick', directory })

test('a process is used again by the next runs of the same code, up to its number', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const launcher = processLauncher({ project, home: `${project}/.sluice`, reuse: 3 })
  const worker = startTestWorker(server, project, { launcher })
  const pids = await pidsOf(
    server,
    worker,
    Array.from({ length: 5 }, () => quick(project)),
  )
  expect(new Set(pids.slice(0, 3)).size).toBe(1)
  expect(new Set(pids.slice(3)).size).toBe(1)
  expect(pids[3]).not.toBe(pids[0])
})

test('code that has changed, or another environment, gets another process', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project)
  const [first] = await pidsOf(server, worker, [quick(project)])
  const [second] = await pidsOf(server, worker, [{ ...quick(project), jobVariables: { env: { A: '1' } } }])
  writeSource(project, 'flows.ts', flows.replace('printed by quick', 'printed by another'))
  const [third] = await pidsOf(server, worker, [quick(project)])
  expect(new Set([first, second, third]).size).toBe(3)
  await server.until(() => worker.lines.some((line) => line.includes('printed by another')))
})

test('a process in which a run left a timer, or that has crashed, is not used again', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project)
  const leaky = { flow: 'leaky', entrypoint: 'flows.ts:leaky', directory: project }
  const pids = await pidsOf(server, worker, [leaky, leaky])
  expect(pids[0]).not.toBe(pids[1])
  await server.until(() => pids.every((pid) => !isAlive(pid)), 'the end of both')
})

test('idle processes end after their time, and with the worker', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const short = processLauncher({ project, home: `${project}/.sluice`, idleMs: 200, spare: false })
  const worker = startTestWorker(server, project, { launcher: short })
  const [pid = 0] = await pidsOf(server, worker, [quick(project)])
  await server.until(() => !isAlive(pid), 'its end')
  await worker.stop()
  const other = startTestWorker(server, project)
  const [kept = 0] = await pidsOf(server, other, [quick(project)])
  expect(isAlive(kept)).toBe(true)
  await other.stop()
  expect(isAlive(kept)).toBe(false)
})
