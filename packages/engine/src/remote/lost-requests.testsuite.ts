import { SluiceError } from '@sluice/core'
import type { JournalBatch, Store } from '@sluice/store'
import { testHome } from '@sluice/testing'
import { expect, test } from 'vitest'
import { continueRun, flow, startRun, task } from '../index.ts'
import { JournalCourier } from './journal-courier.ts'

const faults = ['lost', 'answer lost', 'doubled', 'refused', 'half lost', 'half told', 'dead', 'half dead'] as const

/** What goes wrong with the n-th request for several batches. */
interface Fault {
  readonly at: number
  readonly kind: (typeof faults)[number]
}

type Verdict = { readonly cancelling: boolean } | { readonly problem: unknown }

/** A server's journals behind a network in which one request goes wrong. */
class Network {
  requests = 0
  dead = false
  /** A connection that stays open: what a run sends by itself goes over it too. */
  readonly isLinked: boolean
  readonly #store: Store
  readonly #fault: Fault | undefined

  constructor(store: Store, isLinked: boolean, fault: Fault | undefined) {
    this.#store = store
    this.isLinked = isLinked
    this.#fault = fault
  }

  async one(batch: JournalBatch): Promise<{ readonly cancelling: boolean }> {
    if (this.dead) throw died()
    return this.#store.appendJournal(batch)
  }

  async many(batches: readonly JournalBatch[]): Promise<readonly (Verdict | undefined)[]> {
    if (this.dead) throw died()
    if (++this.requests !== this.#fault?.at) return this.#apply(batches)
    const { kind } = this.#fault
    const half = batches.slice(0, Math.ceil(batches.length / 2))
    if (kind === 'refused') throw new SluiceError('REQUEST_INVALID')
    if (kind === 'doubled') void this.#apply(batches)
    if (kind === 'half lost' || kind === 'half dead') await this.#apply(half)
    else if (kind !== 'lost' && kind !== 'dead') await this.#apply(batches)
    this.dead = kind === 'dead' || kind === 'half dead'
    if (this.dead) throw died()
    if (kind === 'half told') return half.map(() => ({ cancelling: false }))
    if (kind === 'doubled') return this.#apply(batches)
    throw new SluiceError('SERVER_UNREACHABLE')
  }

  #apply(batches: readonly JournalBatch[]): Promise<readonly Verdict[]> {
    return Promise.all(batches.map((batch) => this.#store.appendJournal(batch)))
  }
}

const died = (): SluiceError => new SluiceError('RUN_FENCED', { simulated: true })

const effects = new Map<string, number>()
const step = task({ name: 'step' }, async (name: string) => {
  effects.set(name, (effects.get(name) ?? 0) + 1)
  return name
})
const steps = flow({ name: 'steps' }, async ({ run }: { run: number }) => {
  const first = await step(`first of ${run}`)
  const both = await Promise.all([step(`left of ${run}`), step(`right of ${run}`)])
  return [first, ...both]
})
const runs = [0, 1, 2, 3]
const silent = { event: () => undefined }

/** Several runs of one process, whose journals travel together, and every way in which one request of theirs can go wrong. */
export function lostRequestsSuite(open: () => Promise<Store>, isLinked: boolean): void {
  const what = isLinked ? 'message of a link' : 'request for many journals'
  test.each(faults)(
    `whichever ${what} is %s, each run comes to its end, and is written once`,
    async (kind) => {
      // How many there are is a matter of time; that there is one is not, because all runs begin in one turn.
      const requests = await endsWell(open, isLinked, undefined)
      for (let at = 1; at <= requests; at++) await endsWell(open, isLinked, { at, kind })
    },
    60_000,
  )
}

/** Returns the number of requests for many. */
async function endsWell(open: () => Promise<Store>, isLinked: boolean, fault: Fault | undefined): Promise<number> {
  effects.clear()
  await using store = await open()
  const home = await testHome({ store })
  const network = new Network(store, isLinked, fault)
  const ids = runs.map(() => home.settings.platform.newId())
  const travelling = (through: Network): typeof home => ({ ...home, store: over(store, through) })
  const start = travelling(network)
  const ends = await Promise.all(
    runs.map((run) => startRun(steps, { run }, { home: start, id: String(ids[run]), reporter: silent }).settled()),
  )
  const again = travelling(new Network(store, isLinked, undefined))
  for (const run of runs) {
    const where = `${JSON.stringify(fault)} run ${run}`
    const end = network.dead ? await goOn(again, store, String(ids[run])) : ends[run]
    const value = [`first of ${run}`, `left of ${run}`, `right of ${run}`]
    expect(end, where).toEqual({ status: 'fulfilled', value })
    const rows = await store.listTaskRuns({ rootId: String(ids[run]), limit: 100 })
    expect(
      rows.items.map(({ state }) => state.name),
      where,
    ).toEqual(['Completed', 'Completed', 'Completed'])
    for (const name of value) expect(effects.get(name), where).toBeLessThanOrEqual(network.dead ? 2 : 1)
  }
  await home.close()
  expect(network.requests).toBeGreaterThan(0)
  return network.requests
}

async function goOn(
  home: Awaited<ReturnType<typeof testHome>>,
  store: Store,
  id: string,
): Promise<PromiseSettledResult<unknown>> {
  const found = await store.getRun(id)
  if (!found) throw new Error('the run disappeared')
  if (found.state.type === 'completed' && found.result)
    return { status: 'fulfilled', value: await home.values.decode(found.result) }
  await store.markCrashed({ id, expectedEpoch: found.epoch, at: home.settings.platform.now(), message: 'killed' })
  const run = await store.getRun(id)
  if (!run) throw new Error('the run disappeared')
  return continueRun({ home, run, flow: steps, mode: 'resume', reporter: silent }).settled()
}

/** The store as several runs of one process see it. */
function over(store: Store, network: Network): Store {
  const send = (async ({ body }: { body: { batches: { batch: JournalBatch }[] } }) => ({
    verdicts: await network.many(body.batches.map(({ batch }) => batch)),
  })) as never
  const courier = new JournalCourier({ isLinked: network.isLinked, count: () => undefined, send })
  for (const _ of runs) courier.join()
  const append = (batch: JournalBatch): Promise<unknown> =>
    courier.append({ token: batch.rootId, batch, alone: () => network.one(batch) }).catch((error: unknown) => {
      const gone = error instanceof SluiceError && error.code.startsWith('SERVER_')
      throw gone
        ? new SluiceError('STORE_UNAVAILABLE', { location: 'there', reason: 'it is away' }, { cause: error })
        : error
    })
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (name === 'appendJournal') return append
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}
