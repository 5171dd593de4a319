import type { Signals } from '../event-store.ts'

type Listener = (topics: readonly string[]) => void

/** Who listens in this process, by database. */
const listening = new Map<string, Set<Listener>>()

/** Signals between the stores that this process has open on one database. What `:memory:` has it has alone. */
export function localSignals(location: string): Signals {
  if (location === ':memory:') return signalsOf(new Set())
  return {
    send: (topics) => tell(listening.get(location), topics),
    subscribe: (listener) => {
      const listeners = listening.get(location) ?? new Set()
      listening.set(location, listeners.add(listener))
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0 && listening.get(location) === listeners) listening.delete(location)
      }
    },
  }
}

/** Signals to a set of listeners. A function that listens twice is told once. */
export function signalsOf(listeners: Set<Listener>): Signals {
  return {
    send: (topics) => tell(listeners, topics),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function tell(listeners: ReadonlySet<Listener> | undefined, topics: readonly string[]): void {
  if (topics.length > 0) for (const listener of listeners ?? []) listener(topics)
}
