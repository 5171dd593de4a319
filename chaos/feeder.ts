import type { Client } from '@sluice/api/client'
import { setTimeout as delay } from 'node:timers/promises'
import { answerFor } from './expected.ts'
import type { PlannedRun } from './plan/runs.ts'

/** What feeding is told and tells. */
export interface FeederOptions {
  readonly clients: readonly Client[]
  /** Gives up, when everything is over. */
  readonly signal: AbortSignal
  /** A planned run, by its name, has this id. */
  fed(name: string, id: string): void
  /** Somebody refused what nobody may refuse. */
  refused(name: string, error: unknown): void
}

/** Feeds each run at its time, over bad lines, and does what it waits for: answers, tells, cancels. */
export async function feed(work: readonly PlannedRun[], options: FeederOptions): Promise<void> {
  const began = performance.now()
  const all: Promise<void>[] = []
  for (const planned of work) {
    const wait = planned.atMs - (performance.now() - began)
    if (wait > 0) await delay(wait)
    all.push(serve(planned, options).catch((error: unknown) => options.refused(planned.name, error)))
  }
  await Promise.all(all)
}

async function serve(planned: PlannedRun, options: FeederOptions): Promise<void> {
  const { name, kind, work } = planned
  const body = { entrypoint: `flows.ts:${kind}`, flow: kind, parameters: { ...work }, name, idempotencyKey: name }
  const { id } = await insistent(options, (client) => client.createRun({ body }))
  options.fed(name, id)
  if (kind === 'asker') await answer(id, planned, options)
  if (kind === 'listener') await tell(id, planned, options)
  if (kind === 'blocked') await cancel(id, planned, options)
}

async function answer(id: string, { work, patienceMs }: PlannedRun, options: FeederOptions): Promise<void> {
  const wait = await openWait(id, options)
  if (wait === undefined) return
  await delay(patienceMs, undefined, { ref: false })
  await insistent(options, async (client) => {
    try {
      await client.answerWait({ params: { wait }, body: { value: answerFor(work.seed) } })
    } catch (error) {
      // The answer to our own answer was lost.
      if (codeOf(error) !== 'WAIT_CLOSED') throw error
    }
  })
}

async function tell(id: string, { work, patienceMs }: PlannedRun, options: FeederOptions): Promise<void> {
  if ((await openWait(id, options)) === undefined) return
  await delay(patienceMs)
  const body = { name: 'chaos.ping', key: String(work.seed), payload: answerFor(work.seed), id: eventId(id) }
  await insistent(options, (client) => client.emitEvent({ body }))
}

async function cancel(id: string, { patienceMs }: PlannedRun, options: FeederOptions): Promise<void> {
  await delay(patienceMs)
  await insistent(options, (client) => client.cancelRun({ params: { run: id }, body: { reason: 'the plan says so' } }))
}

/** The id of the wait that the run is in, as soon as there is one. */
async function openWait(run: string, options: FeederOptions): Promise<string | undefined> {
  while (!options.signal.aborted) {
    const query = { run, status: 'open' } as const
    const { items } = await insistent(options, (client) => client.listWaits({ query }))
    const wait = items.find(({ kind }) => kind === 'input' || kind === 'event')
    if (wait) return wait.id
    await delay(300)
  }
  return undefined
}

/** One id for one event, however often it is sent. */
const eventId = (run: string): string => `${run.slice(0, 9)}0000${run.slice(13)}`

const passing = new Set(['SERVER_UNREACHABLE', 'SERVER_TIMEOUT', 'SERVER_STOPPING', 'STORE_UNAVAILABLE'])

/** Asks one server after the other until one answers. */
async function insistent<T>(options: FeederOptions, call: (client: Client) => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    const client = options.clients[tries % options.clients.length]
    if (!client) throw new Error('there is no server')
    try {
      return await call(client)
    } catch (error) {
      if (options.signal.aborted || !passing.has(codeOf(error))) throw error
    }
    await delay(Math.min(50 * 2 ** tries, 1_000))
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
