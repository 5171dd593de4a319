import { protocol, toProblem } from '@sluice/api'
import type { Assignment, ExitReport, Heartbeat, NewDeploymentInput, Registration } from '@sluice/api'
import { SluiceError, stateOf } from '@sluice/core'
import type { OpenHome } from '@sluice/engine'
import type { JournalBatch, LogEntry, RunEpoch, RunRecord } from '@sluice/store'
import { testHome } from '@sluice/testing'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `refuse`: the connection breaks before anything is done. `lose`: it is done, and its answer is lost. */
export type Fault = 'refuse' | 'lose' | undefined

/** What a run that a test submits is made of. */
export interface Submitted {
  readonly flow: string
  readonly entrypoint: string
  readonly directory: string
  readonly parameters?: unknown
  readonly contentHash?: string
  readonly deploymentId?: string
  readonly jobVariables?: Assignment['jobVariables']
}

interface Given extends RunEpoch {
  readonly worker: string
}

/** As much of a server as a worker sees, over a real store: one pool, in order, no limits. It can be told to fail. */
export class FakeServer implements AsyncDisposable {
  readonly url: string
  readonly home: OpenHome
  readonly registrations: (Registration & { readonly id: string })[] = []
  readonly beats: (Heartbeat & { readonly worker: string; readonly at: number })[] = []
  readonly reports: ExitReport[] = []
  readonly stopped: string[] = []
  readonly claims: { readonly requestId: string; readonly max: number }[] = []
  readonly deployments = new Map<string, { readonly given: NewDeploymentInput; readonly number: number }>()
  /** The name of every deployment that was sent. */
  readonly deployed: string[] = []
  /** Called for every request, before it is handled. */
  onRequest: (operation: string, body: unknown) => Fault | Promise<Fault> = () => undefined
  leaseMs = 15_000
  heartbeatMs = 100
  /** Claims that wait for a run. */
  waitingClaims = 0
  readonly #server: Server
  readonly #submitted = new Map<string, Submitted>()
  readonly #queue: string[] = []
  readonly #given = new Map<string, Given>()
  readonly #answers = new Map<string, readonly Assignment[]>()
  readonly #known = new Set<string>()
  readonly #watchers = new Set<() => void>()

  static async start(): Promise<FakeServer> {
    const home = await testHome()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new FakeServer(server, home)
  }

  private constructor(server: Server, home: OpenHome) {
    this.#server = server
    this.home = home
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request, response) => void this.#serve(request, response))
  }

  /** Puts a run into the queue. */
  async submit(submitted: Submitted): Promise<string> {
    const { home } = this
    const id = home.settings.platform.newId()
    const at = home.settings.platform.now()
    const state = stateOf('Scheduled', at)
    await home.store.createRun({
      ...emptyRun,
      id,
      rootId: id,
      flow: submitted.flow,
      entrypoint: submitted.entrypoint,
      parameters: await home.values.encode(submitted.parameters, 'test'),
      state,
      timeline: [[state.name, at]],
      createdAt: at,
    })
    this.#submitted.set(id, submitted)
    this.#queue.push(id)
    this.#changed()
    return id
  }

  /** Resolves once `condition` holds; it is looked at whenever a request was handled. Rejects after ten seconds. */
  async until(condition: () => boolean | Promise<boolean>, what = 'the condition'): Promise<void> {
    const deadline = AbortSignal.timeout(15_000)
    while (!(await condition())) {
      if (deadline.aborted) throw new Error(`${what} did not come`)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#watchers.delete(wake)
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(wake, 50)
        this.#watchers.add(wake)
      })
    }
  }

  async run(id: string): Promise<RunRecord> {
    const run = await this.home.store.getRun(id)
    if (!run) throw new Error(`no run ${id}`)
    return run
  }

  async untilState(id: string, ...names: readonly string[]): Promise<RunRecord> {
    await this.until(async () => names.includes((await this.run(id)).state.name), `${names.join('|')} of ${id}`)
    return this.run(id)
  }

  async logs(id: string): Promise<readonly string[]> {
    const { items } = await this.home.store.listLogs({ rootId: id, limit: 1_000 })
    return items.map((line) => line.message)
  }

  async cancel(id: string): Promise<void> {
    await this.home.store.requestCancel(id, stateOf('Cancelling', this.home.settings.platform.now()))
  }

  /** Takes a run from its worker, as if its lease had passed, and puts it back into the queue. */
  async takeBack(id: string): Promise<void> {
    const run = await this.run(id)
    this.#given.delete(id)
    const at = this.home.settings.platform.now()
    await this.home.store.markCrashed({ id, expectedEpoch: run.epoch, at, message: 'taken back' })
    this.#queue.push(id)
    this.#changed()
  }

  /** The server does not know any worker any more; what they had is in the queue again. */
  async forgetWorkers(): Promise<void> {
    this.#known.clear()
    for (const { id } of this.#given.values()) await this.takeBack(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.home.close()
  }

  #changed(): void {
    for (const wake of this.#watchers) wake()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await bodyOf(request)
      const url = new URL(request.url ?? '', this.url)
      const operation = operationOf(request.method ?? '', url.pathname)
      const fault = await this.onRequest(operation, body)
      if (fault === 'refuse') return void request.socket.destroy()
      const answer = await this.#handle(operation, url, body, request)
      if (fault === 'lose') return void request.socket.destroy()
      send(response, answer === undefined ? 204 : 200, answer)
    } catch (error) {
      const problem = toProblem(error)
      if (problem.code === 'INTERNAL') console.error(error)
      send(response, problem.status, problem, 'application/problem+json')
    } finally {
      this.#changed()
    }
  }

  async #handle(operation: string, url: URL, body: unknown, request: IncomingMessage): Promise<unknown> {
    const id = url.pathname.split('/')[operation.startsWith('worker') ? 3 : 4] ?? ''
    const { store } = this.home
    switch (operation) {
      case 'worker.register':
        return this.#register(id, body as Registration)
      case 'worker.heartbeat':
        return this.#heartbeat(id, body as Heartbeat)
      case 'worker.claim':
        return this.#claim(id, body as { requestId: string; max: number; waitMs: number }, request)
      case 'worker.exits':
        return this.#report(id, body as ExitReport)
      case 'worker.stop':
        this.#requireKnown(id)
        this.#known.delete(id)
        this.stopped.push(id)
        return undefined
      case 'engine.journal':
        return this.#journal(body as JournalBatch)
      case 'engine.checkpoints':
        return store.loadCheckpoints(id)
      case 'engine.control':
        return this.#control(id, url)
      case 'engine.logs':
        await store.appendLogs((body as { entries: readonly LogEntry[] }).entries)
        return undefined
      case 'engine.slots':
        return { granted: true, waitingOn: null, heldBy: [] }
      case 'engine.cache':
        return { cached: null }
      case 'deployments':
        return request.method === 'PUT' ? this.#deploy(body as NewDeploymentInput) : this.#listDeployments()
      default:
        throw new SluiceError('ROUTE_NOT_FOUND', { path: url.pathname })
    }
  }

  /** As a server does: what is the same again changes nothing, another hash is another version. */
  #deploy(given: NewDeploymentInput): unknown {
    if (given.pool === 'nowhere') throw new SluiceError('POOL_NOT_FOUND', { pool: given.pool })
    const fullName = `${given.flow}/${given.name}`
    const known = this.deployments.get(fullName)
    const changed = JSON.stringify(known?.given) !== JSON.stringify(given)
    const number = (known?.number ?? 0) + (known?.given.contentHash === given.contentHash ? 0 : 1)
    this.deployments.set(fullName, { given, number })
    this.deployed.push(fullName)
    return { deployment: { fullName, version: { number } }, created: !known, changed }
  }

  #listDeployments(): unknown {
    const items = [...this.deployments].map(([fullName, { given, number }]) => {
      const { description = null, schedules = [], contentHash } = given
      const when = { cron: null, everyMs: null, anchor: null }
      const shown = schedules.map((each) => Object.assign({}, when, each))
      return Object.assign({}, given, { fullName, description, version: { number, contentHash }, schedules: shown })
    })
    return { items, next: null }
  }

  #register(id: string, registration: Registration): unknown {
    if (registration.protocol !== protocol)
      throw new SluiceError('PROTOCOL_UNSUPPORTED', { found: registration.protocol, known: protocol })
    this.#known.add(id)
    this.registrations.push({ ...registration, id })
    return { leaseMs: this.leaseMs, heartbeatMs: this.heartbeatMs, protocol }
  }

  async #heartbeat(worker: string, beat: Heartbeat): Promise<unknown> {
    this.#requireKnown(worker)
    this.beats.push({ ...beat, worker, at: performance.now() })
    const isOwn = ({ id, epoch }: RunEpoch): boolean => {
      const given = this.#given.get(id)
      return given?.worker === worker && given.epoch === epoch
    }
    const own = beat.runs.filter(isOwn)
    const states = await Promise.all(own.map(async ({ id }) => ({ id, type: (await this.run(id)).state.type })))
    return {
      leaseMs: this.leaseMs,
      drop: beat.runs.filter((run) => !isOwn(run)),
      cancelling: states.filter(({ type }) => type === 'cancelling').map(({ id }) => ({ id })),
    }
  }

  async #claim(
    worker: string,
    claim: { requestId: string; max: number; waitMs: number },
    request: IncomingMessage,
  ): Promise<unknown> {
    this.#requireKnown(worker)
    this.claims.push(claim)
    const again = this.#answers.get(claim.requestId)
    if (again) return { runs: again, waitedMs: 0 }
    const since = performance.now()
    this.waitingClaims++
    try {
      await this.#somethingToClaim(worker, claim.waitMs, request)
    } finally {
      this.waitingClaims--
    }
    if (request.socket.destroyed) return { runs: [], waitedMs: 0 }
    const waitedMs = Math.floor(performance.now() - since)
    const runs = await Promise.all(this.#queue.splice(0, claim.max).map((id) => this.#assign(worker, id)))
    this.#answers.set(claim.requestId, runs)
    return { runs, waitedMs }
  }

  async #somethingToClaim(worker: string, waitMs: number, request: IncomingMessage): Promise<void> {
    const until = performance.now() + waitMs
    while (this.#queue.length === 0 && performance.now() < until && !request.socket.destroyed) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#watchers.delete(wake)
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(wake, 100)
        this.#watchers.add(wake)
      })
      this.#requireKnown(worker)
    }
  }

  async #assign(worker: string, id: string): Promise<Assignment> {
    const submitted = this.#submitted.get(id)
    const before = await this.run(id)
    const at = this.home.settings.platform.now()
    const owner = { host: 'fake', bootId: '', pid: 1, pidStart: '' }
    const claimed = await this.home.store.claimRun({
      id,
      expectedEpoch: before.epoch,
      owner,
      state: stateOf('Pending', at),
      newAttempt: false,
      drop: [],
    })
    if (!claimed || !submitted) throw new Error(`run ${id} is not free`)
    this.#given.set(id, { id, epoch: claimed.epoch, worker })
    const { contentHash, deploymentId = '00000000-0000-7000-8000-000000000001' } = submitted
    return {
      run: claimed,
      token: `run:${id}:${claimed.epoch}`,
      deployment:
        contentHash === undefined
          ? null
          : { id: deploymentId, name: `${submitted.flow}/test`, version: 1, contentHash },
      entrypoint: submitted.entrypoint,
      source: { kind: 'directory', path: submitted.directory },
      jobVariables: submitted.jobVariables ?? {},
      serverTime: at,
    }
  }

  async #report(worker: string, report: ExitReport): Promise<unknown> {
    this.#requireKnown(worker)
    const given = this.#given.get(report.run)
    if (given?.epoch !== report.epoch) return { outcome: 'gone' }
    this.reports.push(report)
    this.#given.delete(report.run)
    const at = this.home.settings.platform.now()
    await this.home.store.markCrashed({ id: report.run, expectedEpoch: report.epoch, at, message: report.message })
    if (report.reason === 'timedOut' || report.reason === 'launchFailed') return { outcome: 'ended' }
    this.#queue.push(report.run)
    return { outcome: 'requeued' }
  }

  async #journal(batch: JournalBatch): Promise<unknown> {
    const { cancelling } = await this.home.store.appendJournal(batch)
    return { cancelling }
  }

  async #control(id: string, url: URL): Promise<unknown> {
    const until = performance.now() + Number(url.searchParams.get('waitMs') ?? 0)
    const seen = url.searchParams.get('seen')
    for (;;) {
      const run = await this.run(id)
      const now = `${run.epoch}:${run.state.type}`
      if (now !== seen || performance.now() >= until)
        return { epoch: run.epoch, state: run.state, cancelTasks: [], answers: [], seen: now }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  #requireKnown(worker: string): void {
    if (!this.#known.has(worker)) throw new SluiceError('WORKER_NOT_FOUND', { worker })
  }
}

const emptyRun = {
  workspace: 'default',
  createdBy: 'test',
  parentId: null,
  parentTaskId: null,
  key: null,
  flowVersion: null,
  name: null,
  description: null,
  tags: [],
  attempt: 1,
  result: null,
  error: null,
  unhandled: [],
  upstream: { data: [], after: [] },
  startedAt: null,
  endedAt: null,
  owner: null,
  rerunOf: null,
}

function operationOf(method: string, path: string): string {
  const [, , room, , ...rest] = path.split('/')
  if (room === 'deployments') return room
  if (room === 'workers') return rest.length === 0 && method === 'PUT' ? 'worker.register' : `worker.${rest[0] ?? ''}`
  return `${room ?? ''}.${rest[1] ?? ''}`
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  return text === '' ? undefined : (JSON.parse(text) as unknown)
}

function send(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  if (response.destroyed) return
  response.writeHead(status, body === undefined ? {} : { 'content-type': type })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
