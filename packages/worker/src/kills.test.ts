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

function pidAfter(word: string, lines: readonly string[]): number {
  return Number(lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1))
}

test('a killed process is reported, and its run goes on from its checkpoints in another', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  startTestWorker(server, project)
  const id = await server.submit({ flow: 'gated', entrypoint: 'flows.ts:gated', directory: project })
  await server.until(() => notes(project).includes('before gate'))
  process.kill(pidAfter('pid', notes(project)), 'SIGKILL')
  await server.until(() => server.reports.length > 0)
  expect(server.reports).toMatchObject([{ run: id, reason: 'crashed', signal: 'SIGKILL' }])
  open(project, 'gate')
  const run = await server.untilState(id, 'Completed', 'Failed')
  expect(run.state.name).toBe('Completed')
  expect(notes(project).filter((line) => line === 'first')).toHaveLength(1)
  expect(notes(project).filter((line) => line === 'before gate')).toHaveLength(2)
})

test('a process that leaves by itself is reported with its exit code and the last lines it printed', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  startTestWorker(server, project)
  const id = await server.submit({ flow: 'exits', entrypoint: 'flows.ts:exits', directory: project })
  await server.until(() => server.reports.length > 0)
  open(project, 'exit')
  expect(server.reports[0]).toMatchObject({ reason: 'crashed', exitCode: 3, lastLines: ['about to leave'] })
  expect((await server.untilState(id, 'Completed', 'Failed')).state.name).toBe('Completed')
  expect(notes(project)).toEqual(['once'])
})

test('what a run started ends with its process', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  startTestWorker(server, project)
  const id = await server.submit({ flow: 'grandchild', entrypoint: 'flows.ts:grandchild', directory: project })
  await server.until(() => notes(project).length > 1)
  const pid = pidAfter('grandchild', notes(project))
  expect(isAlive(pid)).toBe(true)
  await server.takeBack(id)
  await server.until(() => !isAlive(pid), 'the end of the grandchild')
})

test('what a run started ends also when its process dies alone', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  startTestWorker(server, project)
  await server.submit({ flow: 'grandchild', entrypoint: 'flows.ts:grandchild', directory: project })
  await server.until(() => notes(project).length > 1)
  const pid = pidAfter('grandchild', notes(project))
  process.kill(pidAfter('pid', notes(project)), 'SIGKILL')
  await server.until(() => !isAlive(pid), 'the end of the grandchild')
})

test('a run that the server gave to somebody else is dropped: its process ends at once and nothing is reported', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project)
  const id = await server.submit({ flow: 'gated', entrypoint: 'flows.ts:gated', directory: project })
  await server.until(() => notes(project).includes('before gate'))
  const pid = pidAfter('pid', notes(project))
  await server.takeBack(id)
  await server.until(() => !isAlive(pid), 'the end of its process')
  expect(server.reports).toEqual([])
  open(project, 'gate')
  expect((await server.untilState(id, 'Completed', 'Failed')).state.name).toBe('Completed')
  expect(worker.executing).toBeLessThanOrEqual(1)
})

test('a process that needs more heap than it may have is reported as out of memory', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  startTestWorker(server, project)
  await server.submit({
    flow: 'hungry',
    entrypoint: 'flows.ts:hungry',
    directory: project,
    jobVariables: { memoryMb: 64 },
  })
  await server.until(() => server.reports.length > 0)
  expect(server.reports[0]).toMatchObject({ reason: 'outOfMemory' })
})

test('memory outside the heap counts too', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  startTestWorker(server, project)
  await server.submit({
    flow: 'buffers',
    entrypoint: 'flows.ts:buffers',
    directory: project,
    jobVariables: { memoryMb: 64 },
  })
  await server.until(() => server.reports.length > 0)
  expect(server.reports[0]).toMatchObject({ reason: 'outOfMemory', signal: 'SIGKILL' })
})

test('a process that takes longer than its time limit is ended and reported, also when its event loop is blocked', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  startTestWorker(server, project)
  await server.submit({
    flow: 'stubborn',
    entrypoint: 'flows.ts:stubborn',
    directory: project,
    jobVariables: { timeLimit: '1s' },
  })
  await server.until(() => server.reports.length > 0)
  expect(server.reports[0]).toMatchObject({ reason: 'timedOut' })
  expect(isAlive(pidAfter('stubborn', notes(project)))).toBe(false)
})

test('a cancelled run cleans up and is journaled as cancelled', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  startTestWorker(server, project)
  const id = await server.submit({ flow: 'tidy', entrypoint: 'flows.ts:tidy', directory: project })
  await server.until(() => notes(project).includes('before never'))
  await server.cancel(id)
  expect((await server.untilState(id, 'Cancelled', 'Crashed', 'Failed')).state.name).toBe('Cancelled')
  expect(notes(project)).toContain('tidied')
  expect(server.reports).toEqual([])
})

test('children end with a worker that is killed', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const script = path.join(project, 'worker.ts')
  writeFileSync(
    script,
    // Without a spare: one that is still loading would write its compile cache when the directory is gone.
    `import { processLauncher, startWorker } from '${path.join(import.meta.dirname, 'index.ts')}'
const project = ${JSON.stringify(project)}
const launcher = processLauncher({ project, home: project + '/.sluice', spare: false })
startWorker({ url: '${server.url}', token: 't', pool: 'default', project, launcher })`,
  )
  const worker = spawn(process.execPath, ['--conditions=source', script], { stdio: 'ignore' })
  await server.submit({ flow: 'gated', entrypoint: 'flows.ts:gated', directory: project })
  await server.until(() => notes(project).includes('before gate'))
  const pid = pidAfter('pid', notes(project))
  worker.kill('SIGKILL')
  await server.until(() => !isAlive(pid), 'the end of its child')
})
