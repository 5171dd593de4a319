import type { NewRunInput } from '@sluice/api'
import { stateOf, type StateName } from '@sluice/core'
import type { OpenHome } from '@sluice/engine'
import { openStore, type JournalEntry, type RunRecord, type Store } from '@sluice/store'
import { testHome } from '@sluice/testing'
import { randomUUIDv7 } from 'node:crypto'
import { createServices } from '../create-services.ts'
import type { ServerSettings } from '../context.ts'
import { systemClock, type Clock } from '../platform.ts'
import type { ClaimedRun, Services } from '../services.ts'

/** A kind of database to test on. */
export interface ServicesHarness {
  /** A database with nothing in it. */
  createDatabase(): Promise<{ readonly target: string; readonly drop: () => Promise<void> }>
  /** True: several servers share it. */
  readonly shared: boolean
}

/** One server without HTTP. */
export interface TestServer extends AsyncDisposable {
  readonly services: Services
  readonly home: OpenHome
  readonly store: Store
  /** A worker that is registered, by its id. */
  worker(more?: { readonly pool?: string; readonly leaseMs?: number }): Promise<string>
  create(request?: Partial<NewRunInput>): Promise<RunRecord>
  claim(worker: string, more?: ClaimOptions): Promise<readonly ClaimedRun[]>
  /** A run that a worker holds. */
  claimed(worker: string, request?: Partial<NewRunInput>): Promise<ClaimedRun>
  /** Appends to the journal of a claimed run, as its engine would. */
  append(run: RunRecord, ...entries: readonly JournalEntry[]): Promise<void>
}

export interface ClaimOptions {
  readonly requestId?: string
  readonly max?: number
  readonly waitMs?: number
  readonly signal?: AbortSignal
}

export interface TestServerOptions {
  readonly clock?: Clock
  readonly settings?: Partial<ServerSettings>
  readonly loops?: boolean
}

/** Opens servers on one database; everything goes when it is disposed. */
export interface Site extends AsyncDisposable {
  open(options?: TestServerOptions): Promise<TestServer>
}

export async function site(harness: ServicesHarness): Promise<Site> {
  const database = await harness.createDatabase()
  const opened: TestServer[] = []
  return {
    async open(options = {}) {
      const server = await openServer(database.target, options)
      opened.push(server)
      return server
    },
    async [Symbol.asyncDispose]() {
      for (const server of opened) await server[Symbol.asyncDispose]()
      await database.drop()
    },
  }
}

export const newId = (): string => randomUUIDv7()

async function openServer(target: string, options: TestServerOptions): Promise<TestServer> {
  const store = await openStore(target)
  const home = await testHome({ store })
  const tokens = { mint: (rootId: string, epoch: number) => `${rootId}.${epoch}` }
  const services = createServices({ home, tokens, clock: systemClock, ...options })
  const positions = new Map<string, number>()
  const server: TestServer = {
    services,
    home,
    store,
    async worker({ pool = 'default', leaseMs = 60_000 } = {}) {
      const id = newId()
      const facts = { name: 'w', pool, host: 'box', pid: 7, version: '1', mode: 'process', capacity: 10 } as const
      await services.workers.register(id, { ...facts, protocol: 1 })
      // A lease that has passed already, or lasts long: no test waits for one.
      await store.heartbeat({ workerId: id, leaseMs, unlistedAfterMs: 60_000, draining: false, runs: [] })
      return id
    },
    create: async (request = {}) =>
      (await services.runs.create({ entrypoint: 'flows.ts:etl', ...request }, 'tester')).run,
    claim: async (worker, { requestId = newId(), max = 10, waitMs = 0, signal = new AbortController().signal } = {}) =>
      (await services.workers.claim(worker, { requestId, max }, { waitMs, signal })).runs,
    async claimed(worker, request = {}) {
      await server.create(request)
      const [run] = await server.claim(worker, { max: 1 })
      if (!run) throw new Error('nothing was claimed')
      return run
    },
    async append({ id, epoch, journalSeq }, ...entries) {
      const first = (positions.get(`${id}.${epoch}`) ?? journalSeq) + 1
      positions.set(`${id}.${epoch}`, first + entries.length - 1)
      await services.engine.appendJournal({ rootId: id, epoch, first, entries })
    },
    async [Symbol.asyncDispose]() {
      await services.stop()
      await home.close()
      await store.close()
    },
  }
  return server
}

/** The entry with which a root run goes to another state. */
export function rootEntry(run: RunRecord, name: StateName): JournalEntry {
  const state = stateOf(name, Date.now() * 1_000)
  return { kind: 'root', state, timeline: [...run.timeline, [state.name, state.at]] }
}

/** Asks until it is so: for what another part of the system does in its own time. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>, ms = 10_000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 5))) {
    const found = await look()
    if (found) return found
  }
  throw new Error(`it never happened: ${what}`)
}
