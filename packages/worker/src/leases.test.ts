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

test('every heartbeat lists what the worker holds, with its epoch', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project)
  const id = await server.submit({ flow: 'gated', entrypoint: 'flows.ts:gated', directory: project })
  await server.until(() => notes(project).includes('before gate'))
  const { length } = server.beats
  await server.until(() => server.beats.length > length + 1)
  expect(server.beats.at(-1)).toMatchObject({ worker: worker.incarnation, runs: [{ id, epoch: 2 }], draining: false })
  open(project, 'gate')
  await server.untilState(id, 'Completed')
  await server.until(() => server.beats.at(-1)?.runs.length === 0)
})

test('without heartbeats for longer than the lease no task begins; once renewed, the run goes on', async () => {
  const server = await startFakeServer()
  server.leaseMs = 1_000
  const project = makeProject()
  const worker = startTestWorker(server, project)
  const id = await server.submit({ flow: 'starts', entrypoint: 'flows.ts:starts', directory: project })
  await server.until(() => notes(project).includes('before lease'))
  let refused = 0
  server.onRequest = (operation) => {
    if (operation !== 'worker.heartbeat') return undefined
    refused++
    return 'refuse'
  }
  const since = performance.now()
  await server.until(() => refused > 1 && performance.now() - since > server.leaseMs + 200)
  open(project, 'lease')
  await server.until(() => notes(project).includes('after lease'))
  await server.until(() => refused > 4)
  // The running body has ended, the next one has not begun.
  expect(notes(project)).toEqual(['before lease', 'after lease'])
  server.onRequest = () => undefined
  expect((await server.untilState(id, 'Completed', 'Failed', 'Crashed')).state.name).toBe('Completed')
  expect(notes(project)).toEqual(['before lease', 'after lease', 'after the lease'])
  expect(worker.lines.filter((line) => line.includes('does not answer'))).toHaveLength(1)
  expect(worker.lines.some((line) => line.includes('answers again'))).toBe(true)
})

test('a claim whose answer is lost is repeated under its id, and nothing is lost or given twice', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  let lost = 0
  server.onRequest = (operation) => (operation === 'worker.claim' && lost++ < 3 ? 'lose' : undefined)
  startTestWorker(server, project)
  const id = await server.submit({ flow: 'quick', entrypoint: 'flows.ts:quick', directory: project })
  const run = await server.untilState(id, 'Completed', 'Crashed', 'Failed')
  expect(run.state.name).toBe('Completed')
  expect(run.epoch).toBe(2)
  expect(new Set(server.claims.slice(0, 3).map(({ requestId }) => requestId)).size).toBe(1)
  expect(notes(project)).toEqual(['quick'])
})

test('lost answers to reports and journal batches change nothing', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const lost = new Map<string, number>()
  server.onRequest = (operation) => {
    const times = (lost.get(operation) ?? 0) + 1
    lost.set(operation, times)
    return ['engine.journal', 'worker.exits'].includes(operation) && times % 2 === 1 ? 'lose' : undefined
  }
  startTestWorker(server, project)
  const id = await server.submit({ flow: 'exits', entrypoint: 'flows.ts:exits', directory: project })
  await server.until(() => server.reports.length > 0)
  open(project, 'exit')
  expect((await server.untilState(id, 'Completed', 'Failed')).state.name).toBe('Completed')
  expect(server.reports).toHaveLength(1)
  expect(notes(project)).toEqual(['once'])
})

test('a worker that the server has forgotten ends what it runs and registers again, as another', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker(server, project)
  const id = await server.submit({ flow: 'gated', entrypoint: 'flows.ts:gated', directory: project })
  await server.until(() => notes(project).includes('before gate'))
  const before = worker.incarnation
  const pid = Number(notes(project)[0]?.slice(4))
  await server.forgetWorkers()
  await server.until(() => worker.incarnation !== before && worker.incarnation !== undefined)
  expect(isAlive(pid)).toBe(false)
  expect(server.registrations).toHaveLength(2)
  open(project, 'gate')
  expect((await server.untilState(id, 'Completed', 'Failed')).state.name).toBe('Completed')
})

test('a worker waits for a server that is not there, tells so once, and works with the next of several', async () => {
  const server = await startFakeServer()
  const project = makeProject()
  const worker = startTestWorker({ url: `http://127.0.0.1:9,${server.url}` }, project)
  const id = await server.submit({ flow: 'quick', entrypoint: 'flows.ts:quick', directory: project })
  expect((await server.untilState(id, 'Completed', 'Crashed')).state.name).toBe('Completed')
  expect(worker.lines.filter((line) => line.includes('the server is away'))).toHaveLength(1)
})

test('another protocol or a revoked token ends the worker with a message', async () => {
  const { SluiceError } = await import('@sluice/core')
  const server = await startFakeServer()
  const project = makeProject()
  server.onRequest = (operation) => {
    if (operation === 'worker.register') throw new SluiceError('PROTOCOL_UNSUPPORTED', { found: 1, known: 2 })
    return undefined
  }
  await expect(startTestWorker(server, project).ended).rejects.toThrow(/protocol of version 1 is not spoken here/)
  server.onRequest = () => undefined
  const worker = startTestWorker(server, project)
  await server.submit({ flow: 'gated', entrypoint: 'flows.ts:gated', directory: project })
  await server.until(() => notes(project).includes('before gate'))
  server.onRequest = (operation) => {
    if (operation === 'worker.heartbeat') throw new SluiceError('UNAUTHENTICATED', { problem: 'it was revoked' })
    return undefined
  }
  await expect(worker.ended).rejects.toThrow(/it was revoked/)
  expect(worker.lines.join('\n')).toMatch(/the server does not accept this worker any more/)
  expect(worker.lines.join('\n')).not.toContain('belongs to another worker')
  expect(isAlive(Number(notes(project)[0]?.slice(4)))).toBe(false)
})
