import type { Signals } from '@sluice/store'

/** Who waits for what, by topic, within this server and between the servers on one database. Hints: whoever waits also polls. */
export interface Wakeups {
  /** Returns what ends it. */
  on(topic: string, listener: () => void): () => void
  /** Told the pool whose workers should look; undefined: every pool. Returns what ends it. */
  onPools(listener: (pool: string | undefined) => void): () => void
  /** Tells listeners here and on other servers. */
  send(...topics: readonly string[]): void
  /** Tells listeners here alone. */
  sendHere(topic: string): void
  close(): void
}

/** The words that servers use between each other. Another release may run beside this one: add, never change. */
export const topics = {
  /** A run may be claimed: it became due, or a slot or a pause is gone. */
  pool: (name: string): string => `pool:${name}`,
  /** The owner of a run should look: it was asked to stop, an answer or a slot came. */
  run: (rootId: string): string => `run:${rootId}`,
  /** A run has new rows: for those who watch it. Within this server only. */
  rows: (rootId: string): string => `rows:${rootId}`,
  /** A run became due later than now. */
  due: 'due',
  /** Schedules came or changed. */
  schedules: 'schedules',
  /** A run ended, an event came, a wait began. */
  waits: 'waits',
  /** There are new events. */
  events: 'events',
} as const

/** The store says this when it had more to tell than fits. */
const everything = '*'

export function createWakeups(signals: Signals): Wakeups {
  const listeners = new Map<string, Set<() => void>>()
  const poolListeners = new Set<(pool: string | undefined) => void>()
  const tell = (topic: string): void => {
    for (const listener of listeners.get(topic) ?? []) listener()
  }
  const hear = (heard: readonly string[]): void => {
    const all = heard.includes(everything)
    for (const topic of all ? listeners.keys() : heard) tell(topic)
    for (const pool of all ? [undefined] : poolsOf(heard)) for (const listener of poolListeners) listener(pool)
  }
  const end = signals.subscribe(hear)
  return {
    on(topic, listener) {
      const set = listeners.get(topic) ?? new Set()
      listeners.set(topic, set.add(listener))
      return () => {
        set.delete(listener)
        if (set.size === 0 && listeners.get(topic) === set) listeners.delete(topic)
      }
    },
    onPools(listener) {
      poolListeners.add(listener)
      return () => poolListeners.delete(listener)
    },
    send: (...sent) => {
      if (sent.length > 0) signals.send([...new Set(sent)])
    },
    sendHere: tell,
    close: end,
  }
}

function poolsOf(heard: readonly string[]): readonly string[] {
  const prefix = topics.pool('')
  return heard.filter((topic) => topic.startsWith(prefix)).map((topic) => topic.slice(prefix.length))
}
