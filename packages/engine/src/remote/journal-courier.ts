import type { JournalVerdict } from '@sluice/api'
import { fromProblem } from '@sluice/api/client'
import { isSluiceError, SluiceError } from '@sluice/core'
import type { JournalBatch, JournalReceipt } from '@sluice/store'
import { fullSize, sizeOf } from '../journal/entry-size.ts'
import { nextTurn } from '../platform.ts'
import { isAway } from './away.ts'
import { engineClient } from './engine-client.ts'
import { JournalLine } from './journal-line.ts'

/** A batch of one run on its way to the server. */
export interface Parcel {
  /** Of the run. */
  readonly token: string
  readonly batch: JournalBatch
  /** Sends it in a request of its own. */
  readonly alone: () => Promise<JournalReceipt>
}

interface Waiting extends Parcel {
  readonly resolve: (receipt: JournalReceipt) => void
  readonly reject: (error: unknown) => void
}

/** What a courier needs of the line that carries its requests. */
export type CourierLine = Pick<JournalLine, 'isLinked' | 'count' | 'send'>

/** The server works on one while this process fills the next. */
const mostUnderWay = 2
/** As many as one request may carry. */
const mostTogether = 100
/** In ms. Its answer is there when the last verdict is: one batch that waits in the server keeps the others no longer than this. */
const longestTogether = 10_000

/**
 * Group commit over HTTP for a process that runs many runs: what their journals append in one turn of the event loop, or while requests
 * are under way, goes in one request, in which each batch has its own verdict. Each run still has one batch in flight, and a run that is alone waits for nobody.
 */
export class JournalCourier {
  readonly #line: CourierLine
  /** Tokens of runs whose last batch had no answer. */
  readonly #unanswered = new Set<string>()
  #runs = 0
  #waiting: Waiting[] = []
  #underWay = 0
  #scheduled = false

  constructor(line: CourierLine) {
    this.#line = line
  }

  /** One more run in this process. */
  join(): void {
    this.#runs++
  }

  /** One less. True when it was the last. */
  leave(token: string): boolean {
    this.#unanswered.delete(token)
    return --this.#runs === 0
  }

  append(parcel: Parcel): Promise<JournalReceipt> {
    if (this.#unanswered.has(parcel.token)) return this.#appendAlone(parcel)
    const isOnly = this.#runs < 2
    if (isOnly && !this.#line.isLinked) return this.#request(parcel)
    const { promise, resolve, reject } = Promise.withResolvers<JournalReceipt>()
    const waiting = { ...parcel, resolve, reject }
    if (isOnly) void this.#deliver([waiting])
    else {
      this.#waiting.push(waiting)
      this.#schedule()
    }
    return promise
  }

  async #appendAlone({ token, alone }: Parcel): Promise<JournalReceipt> {
    const receipt = await alone()
    this.#unanswered.delete(token)
    return receipt
  }

  #request({ token, alone }: Parcel): Promise<JournalReceipt> {
    this.#line.count(token)
    return alone()
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay >= mostUnderWay || this.#waiting.length === 0) return
    this.#scheduled = true
    nextTurn(() => {
      this.#scheduled = false
      while (this.#underWay < mostUnderWay && this.#waiting.length > 0) void this.#deliver(this.#take())
    })
  }

  #take(): readonly Waiting[] {
    let size = 0
    const full = this.#waiting.findIndex(({ batch }, index) => {
      for (const entry of batch.entries) size += sizeOf(entry)
      return index > 0 && (index >= mostTogether || size > fullSize)
    })
    return this.#waiting.splice(0, full < 0 ? this.#waiting.length : full)
  }

  async #deliver(group: readonly Waiting[]): Promise<void> {
    this.#underWay++
    try {
      const [only] = group
      if (group.length === 1 && only && !this.#line.isLinked) await this.#request(only).then(only.resolve, only.reject)
      else await this.#deliverTogether(group)
    } finally {
      this.#underWay--
      this.#schedule()
    }
  }

  async #deliverTogether(group: readonly Waiting[]): Promise<void> {
    try {
      const verdicts = await this.#verdictsOn(group)
      group.forEach(({ resolve, reject }, index) => {
        const verdict = verdicts[index]
        if (verdict !== undefined && 'cancelling' in verdict) resolve(verdict)
        else
          reject(
            fromProblem(verdict?.problem) ??
              new SluiceError('SERVER_ANSWER_INVALID', { problem: 'a batch has no verdict' }),
          )
      })
    } catch (error) {
      // Nobody knows what the server did: each journal asks again, and what was applied is found applied.
      if (!isSluiceError(error) || isAway(error)) {
        for (const { token, reject } of group) {
          this.#unanswered.add(token)
          reject(error)
        }
      }
      // One of them is at fault, or the server does not know this request yet: each is judged by itself.
      else await Promise.all(group.map(answerAlone))
    }
  }

  async #verdictsOn(group: readonly Waiting[]): Promise<readonly JournalVerdict[]> {
    const batches = group.map(({ token, batch }) => ({ token, batch }))
    const headers = { authorization: `Bearer ${group[0]?.token}` }
    return (await this.#line.send({ body: { batches }, headers, timeoutMs: longestTogether })).verdicts
  }
}

async function answerAlone({ alone, resolve, reject }: Waiting): Promise<void> {
  await alone().then(resolve, reject)
}

/** By the addresses of the servers, as long as a run uses it. */
const couriers = new Map<string, { readonly courier: JournalCourier; readonly client: AsyncDisposable }>()

/** The courier that all runs of this process share. */
export function joinCourier(urls: readonly string[], token: string): AsyncDisposable & Pick<JournalCourier, 'append'> {
  const key = urls.join(',')
  const known = couriers.get(key) ?? openCourier(urls, token)
  couriers.set(key, known)
  const { courier, client } = known
  courier.join()
  return {
    append: (parcel) => courier.append(parcel),
    async [Symbol.asyncDispose]() {
      if (!courier.leave(token)) return
      couriers.delete(key)
      await client[Symbol.asyncDispose]()
    },
  }
}

function openCourier(
  urls: readonly string[],
  token: string,
): { readonly courier: JournalCourier; readonly client: AsyncDisposable } {
  const client = engineClient(urls, token)
  const line = new JournalLine({ urls, request: (input) => client.appendJournals(input) })
  return {
    courier: new JournalCourier(line),
    client: {
      async [Symbol.asyncDispose]() {
        line[Symbol.dispose]()
        await client[Symbol.asyncDispose]()
      },
    },
  }
}
