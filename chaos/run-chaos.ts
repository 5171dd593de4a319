import type { Client } from '@sluice/api/client'
import type { StateType } from '@sluice/core'
import { prepareDeployment } from '@sluice/worker'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { installAudit } from './audit/install-audit.ts'
import { readBooks } from './audit/read-books.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { feed } from './feeder.ts'
import { readLedger } from './ledger.ts'
import type { Plan } from './plan/plan.ts'
import { strikeAll, type Struck } from './strike.ts'
import type { Evidence, Finding } from './verdict/evidence.ts'
import { judge } from './verdict/judge.ts'

/** What came of it. */
export interface ChaosResult {
  readonly evidence: Evidence
  readonly findings: readonly Finding[]
  readonly struck: readonly Struck[]
  readonly faults: Readonly<Record<string, number>>
  readonly requests: number
  /** Of them messages over connections that stay open. */
  readonly linked: number
  /** From the last strike until the last run had ended, in ms. */
  readonly settledMs: number
  readonly elapsedMs: number
}

/** What it says on its way. */
export type Tell = (line: string) => void

const scheduleEveryMs = 1_000
/** After the last strike nothing may take longer than this without any run ending. */
const patienceMs = 60_000

/** Plays a plan in a directory, waits until everything has come to rest, and judges. */
export async function runChaos(plan: Plan, directory: string, tell: Tell): Promise<ChaosResult> {
  const began = performance.now()
  const before = clockOffset()
  await using cluster = await startCluster(plan, directory, (database) => installAudit(plan.database, database))
  tell(`${plan.work.length} runs, ${plan.strikes.length} strikes in ${plan.chaosMs / 1000} s`)
  await schedule(cluster)
  const ids = new Map<string, string>()
  const refused: string[] = []
  const struck: Struck[] = []
  const over = new AbortController()
  const feeding = feed(plan.work, {
    clients: cluster.clients,
    signal: over.signal,
    fed: (name, id) => ids.set(name, id),
    refused: (name, error) => refused.push(`${name} was refused: ${String(error)}`),
  })
  await strikeAll(plan.strikes, cluster, (strike) => {
    struck.push(strike)
    tell(`${(strike.at / 1000).toFixed(1)} s  ${strike.kind} ${strike.ms} → ${strike.victim}`)
  })
  const calmAt = performance.now()
  await stopSchedule(cluster)
  const stranded = await settle(cluster, feeding)
  over.abort()
  const settledMs = performance.now() - calmAt
  tell(`at rest after ${(settledMs / 1000).toFixed(1)} s`)
  const evidence: Evidence = {
    plan,
    ids,
    books: await readBooks(plan.database, cluster.database),
    ledger: readLedger(cluster.ledger),
    batches: cluster.log.batches,
    broken: [...cluster.log.broken, ...refused, ...stranded],
    clockOffset: (before + clockOffset()) / 2,
    scheduleEvery: scheduleEveryMs * 1_000,
    alarms: alarmsIn(directory),
  }
  return {
    evidence,
    findings: judge(evidence),
    struck,
    faults: cluster.log.faults,
    requests: cluster.log.requests,
    linked: cluster.log.linked,
    settledMs,
    elapsedMs: performance.now() - began,
  }
}

/** Of the wall clock against the monotonic one, in µs. */
function clockOffset(): number {
  return Date.now() * 1_000 - Number(process.hrtime.bigint() / 1_000n)
}

async function schedule({ direct, project, directory }: Cluster): Promise<void> {
  const declared = {
    file: 'flows.ts',
    flow: 'ticking',
    name: 'chaos',
    entrypoint: 'flows.ts:ticking',
    schedules: [{ slug: 'tick', every: scheduleEveryMs, catchUp: 'all' as const }],
  }
  const body = await prepareDeployment(declared, { project, home: path.join(directory, '.sluice') })
  await someServer(direct, (client) => client.putDeployment({ body }))
}

async function stopSchedule({ direct }: Cluster): Promise<void> {
  const params = { deployment: 'ticking/chaos', schedule: 'tick' }
  await someServer(direct, (client) => client.setSchedule({ params, body: { active: false } }))
}

/** Asks the servers in turns until one answers: one or the other may be away. */
async function someServer<T>(clients: readonly Client[], call: (client: Client) => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      const client = clients[tries % clients.length]
      if (!client) throw new Error('there is no server')
      return await call(client)
    } catch (error) {
      if (tries > 100) throw error
      await delay(200)
    }
  }
}

const alive = ['scheduled', 'pending', 'running', 'paused', 'cancelling'] as const

const ended = ['completed', 'failed', 'crashed', 'cancelled'] as const

/** Waits until all are fed and no run is alive any more. When no run ends for a minute, what stays is stranded, and is asked why. */
async function settle({ direct }: Cluster, feeding: Promise<void>): Promise<readonly string[]> {
  let fed = false
  void feeding.then(() => (fed = true))
  let most = -1
  let since = performance.now()
  for (;;) {
    const [left, done] = [await countRuns(direct, alive), await countRuns(direct, ended)]
    if (fed && left === 0) return []
    if (done > most) since = performance.now()
    most = Math.max(most, done)
    if (performance.now() - since > patienceMs)
      return [...(fed ? [] : ['not everything could be fed']), ...(await whyStranded(direct))]
    await delay(200)
  }
}

async function countRuns(direct: readonly Client[], state: readonly StateType[]): Promise<number> {
  return (await someServer(direct, (client) => client.countRuns({ query: { state: [...state] } }))).count
}

async function whyStranded(direct: readonly Client[]): Promise<readonly string[]> {
  const query = { state: [...alive], limit: 50 }
  const { items } = await someServer(direct, (client) => client.listRuns({ query }))
  const told = items.map(async ({ id, flow, name, state }) => {
    const { answers } = await someServer(direct, (client) => client.whyRun({ params: { run: id } }))
    const why = answers.map(({ code, message }) => `${code}: ${message}`).join('; ')
    return `stranded: ${id} ${name ?? flow} is ${state.name}: ${why}`
  })
  return await Promise.all(told)
}

const alarm = /TypeError|ReferenceError|RangeError|AssertionError|[Uu]nhandled|unsettled|FATAL|ERR_|out of memory/

function alarmsIn(directory: string): readonly string[] {
  const logs = readdirSync(directory).filter((file) => file.endsWith('.log'))
  return logs.flatMap((file) =>
    readFileSync(path.join(directory, file), 'utf8')
      .split('\n')
      .filter((line) => alarm.test(line))
      .slice(0, 20)
      .map((line) => `${file}: ${line.slice(0, 500)}`),
  )
}
