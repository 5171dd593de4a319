import type { Client } from '@sluice/api/client'
import { createClient } from '@sluice/api/node'
import { startPostgres, type TestPostgres } from '@sluice/testing'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Machine } from './machine.ts'
import { type Plan, servers, workers } from './plan/plan.ts'
import { type FaultProxy, type ProxyLog, startProxy } from './proxy.ts'
import { seeded } from './random.ts'

/** Everything that runs: a database, servers, workers, and bad lines between them. */
export interface Cluster extends AsyncDisposable {
  readonly directory: string
  readonly ledger: string
  readonly home: string
  readonly project: string
  /** Of PostgreSQL, or the file of SQLite. */
  readonly database: string
  readonly postgres: TestPostgres | undefined
  readonly servers: readonly Machine[]
  readonly workers: readonly Machine[]
  readonly proxies: readonly FaultProxy[]
  readonly log: ProxyLog
  /** Over the bad lines, one for each server. */
  readonly clients: readonly Client[]
  /** Straight to the servers. */
  readonly direct: readonly Client[]
}

const readyMs = 60_000

/** Starts it all in `directory`. Whatever was started is stopped again when something does not start. */
export async function startCluster(plan: Plan, directory: string, prepare: Prepare): Promise<Cluster> {
  const stack = new AsyncDisposableStack()
  try {
    return await assemble(plan, directory, prepare, stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Called when the first server has made its tables, before anything runs. */
export type Prepare = (database: string) => Promise<void>

async function assemble(
  plan: Plan,
  directory: string,
  prepare: Prepare,
  stack: AsyncDisposableStack,
): Promise<Cluster> {
  const postgres = plan.database === 'postgres' ? await ownPostgres() : undefined
  if (postgres) stack.defer(() => postgres.stop())
  const home = path.join(directory, '.sluice')
  mkdirSync(home, { recursive: true })
  const database = postgres ? (await postgres.createDatabase()).url : path.join(home, 'sluice.db')
  const project = path.join(import.meta.dirname, 'flows')
  const place = { directory, ledger: path.join(directory, 'ledger.jsonl'), home, database, project, plan }
  const ports = await freePorts(servers[plan.database])
  const machines = await startServers(place, ports, prepare, stack)
  const log: ProxyLog = { faults: {}, batches: [], broken: [], requests: 0, linked: 0 }
  const proxies = await startProxies(plan, ports, log, stack)
  const token = readFileSync(path.join(home, 'token'), 'utf8').trim()
  const client = (url: string): Client => stack.use(createClient({ url, token }))
  const clients = proxies.map(({ url }) => client(url))
  const direct = ports.map((port) => client(`http://127.0.0.1:${port}`))
  const workerMachines = await startWorkers(place, proxies, token, stack)
  const disposal = stack.move()
  return {
    ...place,
    postgres,
    servers: machines,
    workers: workerMachines,
    proxies,
    log,
    clients,
    direct,
    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  }
}

interface Place {
  readonly directory: string
  readonly ledger: string
  readonly home: string
  readonly database: string
  readonly project: string
  readonly plan: Plan
}

/** The first one makes the tables; the others find them. */
async function startServers(
  place: Place,
  ports: readonly number[],
  prepare: Prepare,
  stack: AsyncDisposableStack,
): Promise<readonly Machine[]> {
  const machines: Machine[] = []
  for (const [index, port] of ports.entries()) {
    machines.push(stack.use(await startServerMachine(place, index, port)))
    await until(() => answers(port), readyMs, `server ${index} answers`)
    if (index === 0) await prepare(place.database)
  }
  return machines
}

async function startProxies(
  { seed }: Plan,
  ports: readonly number[],
  log: ProxyLog,
  stack: AsyncDisposableStack,
): Promise<readonly FaultProxy[]> {
  const proxies: FaultProxy[] = []
  for (const [index, port] of ports.entries()) {
    const proxy = await startProxy(port, seeded(seed, `faults ${index}`), log)
    stack.defer(() => proxy.close())
    proxies.push(proxy)
  }
  return proxies
}

async function startWorkers(
  { directory, ledger, project }: Place,
  proxies: readonly FaultProxy[],
  token: string,
  stack: AsyncDisposableStack,
): Promise<readonly Machine[]> {
  const machines: Machine[] = []
  for (const [index, mode] of workers.entries()) {
    const name = `worker-${index}`
    const home = path.join(directory, name)
    mkdirSync(home, { recursive: true })
    // Whoever plays this in a test has compiled it all before.
    const compiled = process.env['NODE_COMPILE_CACHE']
    if (compiled !== undefined) symlinkSync(compiled, path.join(home, 'compile-cache'))
    // Not all prefer the same server.
    const url = proxies.map((_, at) => proxies[(index + at) % proxies.length]?.url).join(',')
    const limit = mode === 'inline' ? 20 : 5
    const options = { url, token, pool: 'default', name, mode, project, home, limit, graceMs: 2_000, drainMs: 2_000 }
    machines.push(stack.use(await Machine.start({ directory, ledger, name, script: 'worker.ts', options })))
  }
  return machines
}

/** One that can be restarted: not the one that a test run shares. */
function ownPostgres(): Promise<TestPostgres> {
  const { TEST_DATABASE_URL: _shared, ...env } = process.env
  return startPostgres(env)
}

function startServerMachine(
  { directory, ledger, home, database, plan }: Place,
  index: number,
  port: number,
): Promise<Machine> {
  const { leaseMs } = plan
  const settings = {
    leaseMs,
    heartbeatMs: Math.round(leaseMs / 3),
    unlistedAfterMs: Math.min(5_000, leaseMs),
    // A run may be unlucky more than three times here.
    maxCrashes: 1_000,
    crashDelaysMs: [0, 200, 1_000],
  }
  const url = plan.database === 'postgres' ? { databaseUrl: database } : {}
  const options = { home, cwd: directory, port, settings, ...url }
  return Machine.start({ name: `server-${index}`, directory, ledger, script: 'server.ts', options })
}

async function freePorts(count: number): Promise<readonly number[]> {
  const listeners = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const listener of listeners) {
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const address = listener.address()
    if (typeof address === 'object' && address !== null) ports.push(address.port)
  }
  for (const listener of listeners) await new Promise((resolve) => listener.close(resolve))
  return ports
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ready`)).ok
  } catch {
    return false
  }
}

/** Polls until it holds. Throws when it does not in time. */
export async function until(holds: () => Promise<boolean> | boolean, ms: number, what: string): Promise<void> {
  const end = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`after ${ms} ms still not: ${what}`)
    await delay(50)
  }
}
