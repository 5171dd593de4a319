import { hostname } from 'node:os'
import { performance } from 'node:perf_hooks'

/** What the services need of time; ids and wall-clock times come from the home's own platform. Tests put their own in. */
export interface Clock {
  /** Milliseconds that never jump: for ages and leases, which are durations of this process. */
  monotonic(): number
  /** 0 ≤ x < 1 */
  random(): number
  /** Calls `fn` once after `ms`; returns what cancels it. */
  after(ms: number, fn: () => void): () => void
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  random: Math.random,
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
}

/** Runs `fn` once everything that has arrived by now has been taken in: after this turn of the event loop. */
export const afterThisTurn: (fn: () => void) => void = setImmediate

export const thisProcess: {
  readonly pid: number
  readonly host: string
  readonly platform: NodeJS.Platform
  readonly env: NodeJS.ProcessEnv
  readonly stderr: NodeJS.WriteStream
  isoTime(): string
} = {
  pid: process.pid,
  host: hostname(),
  platform: process.platform,
  env: process.env,
  stderr: process.stderr,
  isoTime: () => new Date().toISOString(),
}
