/** Time and chance as the client sees them. Tests put their own in; nothing else touches the globals. */
export interface Platform {
  /** 0 ≤ x < 1 */
  random(): number
  /** Calls `fn` once after `ms`; returns what cancels it. */
  after(ms: number, fn: () => void): () => void
}

export const systemPlatform: Platform = {
  random: Math.random,
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
}
