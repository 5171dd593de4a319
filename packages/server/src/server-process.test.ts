import { createClient, type Client } from '@sluice/api/client'
import { runningServer, serverFiles } from '@sluice/api/node'
import { fork, type ChildProcess } from 'node:child_process'
import { randomUUIDv7 } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readHomeToken } from './http/auth/home-token.ts'
import { until } from './suites/harness.testsupport.ts'

interface ServerProcess extends AsyncDisposable {
  readonly process: ChildProcess
  readonly home: string
  readonly url: string
  readonly client: Client
  /** The exit code. */
  readonly exited: Promise<number | null>
}

async function serverProcess(leaseMs = 15_000): Promise<ServerProcess> {
  const dir = await mkdtemp(path.join(tmpdir(), 'sluice-server-'))
  const home = path.join(dir, '.sluice')
  const file = path.join(import.meta.dirname, 'server-process.fixture.ts')
  const child = fork(file, [home, String(leaseMs)], { execArgv: ['--conditions=source'], stdio: 'pipe' })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const [url] = (await once(child, 'message')) as [string]
  const headers = { 'sluice-protocol': '1' }
  return {
    process: child,
    home,
    url,
    client: createClient({ url, token: readHomeToken(home), headers }),
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function registered({ client }: ServerProcess): Promise<string> {
  const worker = randomUUIDv7()
  const body = {
    name: 'w',
    pool: 'default',
    host: 'box',
    pid: 7,
    version: '1',
    protocol: 1,
    mode: 'process',
    capacity: 5,
  } as const
  await client.registerWorker({ params: { worker }, body })
  return worker
}

describe('a server in a process of its own', () => {
  test('stops when it is asked to: it answers who waits, removes its file, and ends well', async () => {
    await using server = await serverProcess()
    expect(runningServer(server.home)).toMatchObject({ url: server.url, pid: server.process.pid })
    const worker = await registered(server)
    const claim = server.client.claimRuns({
      params: { worker },
      body: { requestId: randomUUIDv7(), max: 1, waitMs: 30_000 },
    })
    // The claim has arrived once something that was sent after it has its answer.
    await server.client.listWorkers({ query: {} })
    server.process.kill('SIGTERM')
    expect(await claim).toEqual({ runs: [], waitedMs: 0 })
    expect(await server.exited).toBe(0)
    expect(serverFiles(server.home)).toEqual([])
  })

  test('that was frozen for longer than the lease takes no run from a worker that is alive', async () => {
    const leaseMs = 1_500
    await using server = await serverProcess(leaseMs)
    const { client } = server
    const worker = await registered(server)
    const made = await client.createRun({ body: { entrypoint: 'f.ts:f' } })
    const claim = { requestId: randomUUIDv7(), max: 1, waitMs: 0 }
    const [claimed] = (await client.claimRuns({ params: { worker }, body: claim })).runs
    const runs = [{ id: made.id, epoch: claimed?.run.epoch ?? 0 }]
    const beat = () => client.heartbeat({ params: { worker }, body: { runs, draining: false } })
    // Long enough that a server may expire leases again after its start.
    const started = Date.now()
    await until('a lease has passed since the start', async () => {
      await beat()
      return Date.now() - started > leaseMs + 500
    })
    server.process.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, leaseMs + 500))
    server.process.kill('SIGCONT')
    expect(await beat()).toMatchObject({ drop: [] })
    expect(await client.getRun({ params: { run: made.id } })).toMatchObject({
      crashCount: 0,
      state: { name: 'Pending' },
    })
  })

  test('that is killed leaves a home that the next one serves', async () => {
    await using server = await serverProcess()
    const { id } = await server.client.createRun({ body: { entrypoint: 'f.ts:f' } })
    server.process.kill('SIGKILL')
    await server.exited
    expect(serverFiles(server.home)).toMatchObject([{ gone: true }])
    expect(runningServer(server.home)).toBeUndefined()
    const { startServer, silentLog } = await import('./index.ts')
    await using next = await startServer({ home: server.home, port: 0, log: silentLog })
    expect(serverFiles(server.home).map((each) => each.server.url)).toEqual([next.url])
    const client = createClient({ url: next.url, token: readHomeToken(server.home) })
    expect(await client.getRun({ params: { run: id } })).toMatchObject({ id, state: { name: 'Scheduled' } })
  })
})
