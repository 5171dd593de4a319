import type { EventRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import { type Loop, startLoop } from '../loops/loop.ts'
import { topics } from '../loops/wakeups.ts'

/** The newest events, read once for everybody on this server who follows them. */
export interface EventTail {
  /** Where a stream begins that wants only what comes from now on. */
  newest(): Promise<number>
  /** Events after a position, those that are there. */
  after(position: number): Promise<readonly EventRecord[]>
  /** Told when there are more. Who listens keeps the tail reading. */
  onNews(listener: () => void): () => void
  stop(): Promise<void>
}

const everyMs = 250
/** Without listeners nothing is read. */
const idleMs = 60_000
const batch = 500
/** Kept in memory: about 2 MB. */
const most = 2_000

export function startEventTail(context: Context): EventTail {
  return new Tail(context)
}

class Tail implements EventTail {
  readonly #context: Context
  readonly #listeners = new Set<() => void>()
  readonly #loop: Loop
  readonly #endWakeup: () => void
  #ring: EventRecord[] = []
  /** The ring has every event after this position, up to the newest that was read. */
  #from = -1

  constructor(context: Context) {
    const { clock, log, wakeups } = context
    this.#context = context
    this.#loop = startLoop({ name: 'events', everyMs, turn: () => this.#turn(), clock, log })
    this.#endWakeup = wakeups.on(topics.events, () => {
      if (this.#listeners.size > 0) this.#loop.wake()
    })
  }

  newest(): Promise<number> {
    return this.#context.home.store.lastEventPosition()
  }

  async after(position: number): Promise<readonly EventRecord[]> {
    if (this.#from < 0 || position < this.#from) {
      return (await this.#context.home.store.readEvents({ after: position, limit: batch })).events
    }
    const start = this.#ring.findIndex((event) => event.position > position)
    return start < 0 ? [] : this.#ring.slice(start, start + batch)
  }

  onNews(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#loop.wake()
    return () => this.#listeners.delete(listener)
  }

  async stop(): Promise<void> {
    this.#endWakeup()
    await this.#loop.stop()
  }

  async #turn(): Promise<number | void> {
    if (this.#listeners.size === 0) {
      this.#ring = []
      this.#from = -1
      return idleMs
    }
    const { store } = this.#context.home
    if (this.#from < 0) this.#from = await store.lastEventPosition()
    const { events } = await store.readEvents({ after: this.#ring.at(-1)?.position ?? this.#from, limit: batch })
    if (events.length > 0) this.#take(events)
    return events.length === batch ? 0 : undefined
  }

  #take(events: readonly EventRecord[]): void {
    this.#ring.push(...events)
    const beyond = this.#ring.length - most
    if (beyond > 0) this.#from = this.#ring.splice(0, beyond).at(-1)?.position ?? this.#from
    for (const listener of this.#listeners) listener()
  }
}
