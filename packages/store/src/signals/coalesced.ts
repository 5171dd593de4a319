import type { Platform } from '../platform.ts'

/** Collects topics and hands them on together. */
export interface Coalesced {
  add(topics: readonly string[]): void
  /** Hands on what is still waiting, and resolves once all of it is under way or failed. */
  flush(): Promise<void>
}

/**
 * The first topics go out at once; those that come within `pauseMs` wait and go together. What `publish` could not hand on is
 * lost: these are hints.
 */
export function coalesced(
  platform: Platform,
  pauseMs: number,
  publish: (topics: readonly string[]) => Promise<unknown>,
): Coalesced {
  const waiting = new Set<string>()
  let publishing: Promise<unknown> = Promise.resolve()
  let pausing = false

  const go = (): void => {
    const topics = [...waiting]
    waiting.clear()
    pausing = topics.length > 0
    if (!pausing) return
    const sent = publish(topics).catch(() => undefined)
    publishing = Promise.all([publishing, sent])
    platform.later(pauseMs, go)
  }
  return {
    add: (topics) => {
      for (const topic of topics) waiting.add(topic)
      if (!pausing) go()
    },
    flush: async () => {
      go()
      await publishing
    },
  }
}
