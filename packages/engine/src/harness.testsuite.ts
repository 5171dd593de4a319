import { type ErrorCode, isSluiceError } from '@sluice/core'
import { type LogRecord, openStore, type RunRecord, type Store, type TaskRunRecord } from '@sluice/store'
import { CrashingStore, FakeClock, settleTurns, testHome } from '@sluice/testing'
import { expect } from 'vitest'
import {
  type AnyFlow,
  type ContinueOptions,
  continueRun,
  type EngineSettings,
  type OpenHome,
  type RunEvent,
  startRun,
  type TaskFuture,
} from './index.ts'

/** Any flow, whatever its types. */
type FlowLike = object

/** One simulated process: a clock of its own, a view of the store that can die, and what its reporter was told. */
export interface TestProcess {
  readonly home: OpenHome
  readonly clock: FakeClock
  readonly events: readonly RunEvent[]
  /** Starts the flow; the run's future. */
  start(flow: FlowLike, parameters?: unknown): TaskFuture<unknown>
  /** Runs the flow to its end, moving no time. */
  end(flow: FlowLike, parameters?: unknown): Promise<PromiseSettledResult<unknown>>
  /** Goes on with the newest root run. */
  goOn(flow: FlowLike, mode?: ContinueOptions['mode'], from?: string): Promise<unknown>
  /** Dies without a trace: its clock stands, its store refuses. Another process finds the run Crashed, so many ms later. */
  kill(notedAfterMs?: number): Promise<void>
}

/** A store in memory that outlives processes, and what it holds. */
export interface World extends AsyncDisposable {
  readonly store: Store
  readonly home: OpenHome
  /** A new process; its time begins `later` ms after that of the newest one. */
  process(later?: number, settings?: Partial<EngineSettings>): TestProcess
  /** The newest root run. */
  run(): Promise<RunRecord>
  children(): Promise<readonly RunRecord[]>
  /** Task runs in the order of the journal. */
  tasks(name?: string): Promise<readonly TaskRunRecord[]>
  logs(): Promise<readonly LogRecord[]>
}

/** `file`: the store is a file in the home, so that its bytes can be read. */
export async function openWorld(
  options: { readonly file?: boolean; readonly settings?: Partial<EngineSettings> } = {},
): Promise<World> {
  const base = await testHome()
  const store = options.file ? await openStore(`${base.dir}/sluice.db`) : base.store
  const home = { ...base, store }
  const processes: Zombie[] = []
  let now = Date.UTC(2026, 0, 1)
  return {
    store,
    home,
    process(later = 0, settings = {}) {
      now = Math.max(now, ...processes.map(({ clock }) => clock.now() / 1000)) + later
      const made = makeProcess(home, store, new FakeClock(now), { ...options.settings, ...settings })
      processes.push(made)
      return made
    },
    run: () => newestRun(store),
    async children() {
      const { items } = await store.listRuns({ rootId: (await newestRun(store)).id, limit: 1000 })
      return items.filter((run) => run.parentId !== null).toReversed()
    },
    async tasks(name) {
      const { items } = await store.listTaskRuns({ rootId: (await newestRun(store)).id, limit: 1000 })
      return name === undefined ? items : items.filter((task) => task.name === name)
    },
    logs: async () => (await store.listLogs({ rootId: (await newestRun(store)).id, limit: 1000 })).items,
    async [Symbol.asyncDispose]() {
      for (const one of processes) await one.bury()
      if (options.file) await store.close()
      await base.close()
    },
  }
}

interface Zombie extends TestProcess {
  /** Lets what still runs find out that it lost its run. */
  bury(): Promise<void>
}

function makeProcess(base: OpenHome, store: Store, clock: FakeClock, settings: Partial<EngineSettings>): Zombie {
  const crashing = new CrashingStore(store)
  const home: OpenHome = {
    ...base,
    store: crashing.store,
    settings: { ...base.settings, checkInputs: true, ...settings, platform: clock },
  }
  const events: RunEvent[] = []
  const reporter = { event: (event: RunEvent) => events.push(event) }
  const alive = new Set<TaskFuture<unknown>>()
  const keep = (future: TaskFuture<unknown>): TaskFuture<unknown> => {
    alive.add(future)
    void future.settled().then(() => alive.delete(future))
    return future
  }
  const start = (flow: FlowLike, parameters?: unknown): TaskFuture<unknown> =>
    keep(startRun(flow as AnyFlow, parameters, { home, reporter }))
  return {
    home,
    clock,
    events,
    start,
    end: (flow, parameters) => start(flow, parameters).settled(),
    goOn(flow, mode = 'resume', from) {
      const options = { home, flow: flow as AnyFlow, mode, reporter, ...(from !== undefined && { from }) }
      const end = newestRun(store).then((run) => keep(continueRun({ ...options, run })))
      end.catch(() => undefined)
      return end
    },
    async kill(notedAfterMs = 0) {
      crashing.crashed = true
      const run = await newestRun(store)
      const at = clock.now() + notedAfterMs * 1000
      await store.markCrashed({ id: run.id, expectedEpoch: run.epoch, at, message: 'killed by the test' })
      await settleTurns()
    },
    async bury() {
      if (alive.size === 0) return
      crashing.crashed = false
      for (const future of alive) future.cancel('the test is over')
      for (let i = 0; i < 5 && alive.size > 0; i++) await clock.advance(20_000)
      expect(alive.size, 'runs that never ended').toBe(0)
    },
  }
}

async function newestRun(store: Store): Promise<RunRecord> {
  const { items } = await store.listRuns({ limit: 1 })
  const [run] = items
  if (!run) throw new Error('no run was recorded')
  return run
}

/** A door that code waits at until the test opens it. */
export interface Gate<T = void> {
  readonly promise: Promise<T>
  open(value: T): void
}

export function gate<T = void>(): Gate<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  return { promise, open: resolve }
}

/** The error a promise rejects with; fails when it resolves. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<Error> {
  const outcome = await Promise.allSettled([promise])
  const [end] = outcome
  if (end?.status !== 'rejected') throw new Error(`expected a rejection, got ${JSON.stringify(end)}`)
  return end.reason as Error
}

/** Expects a rejection with this code, and gives the error. */
export async function expectCode(promise: PromiseLike<unknown>, code: ErrorCode): Promise<Error> {
  const error = await errorOf(promise)
  if (!isSluiceError(error, code)) throw error
  return error
}

/** `[name, name, …]` of a timeline. */
export function stepsOf(row: { readonly timeline: readonly (readonly unknown[])[] }): readonly unknown[] {
  return row.timeline.map(([name]) => name)
}
