import type { Micros } from '@sluice/core'
import { randomUUIDv7 } from 'node:crypto'
import { hostname } from 'node:os'

/** Time, randomness and ids as the engine sees them. Tests put their own in; nothing else touches the globals. */
export interface Platform {
  /** Wall-clock time that never runs backwards within a process, whatever the system clock does. */
  now(): Micros
  /** 0 ≤ x < 1 */
  random(): number
  /** A UUIDv7. */
  newId(): string
  /** Calls `fn` once after `ms`; returns what cancels it. Keeps the process alive meanwhile unless `background`. */
  after(ms: number, fn: () => void, background?: boolean): () => void
}

const longestTimer = 2 ** 31 - 1

const idBytes = Buffer.alloc(36)

/** Node joins an id of 15 pieces: 480 bytes as long as it lives, and work for the garbage collector. One text is 56 bytes. */
function flat(id: string): string {
  idBytes.write(id, 'latin1')
  return idBytes.toString('latin1')
}

export const systemPlatform: Platform = {
  now: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  random: Math.random,
  newId: () => flat(randomUUIDv7()),
  after(ms, fn, background = false) {
    let timer: NodeJS.Timeout
    const arm = (left: number): void => {
      timer = setTimeout(() => (left > longestTimer ? arm(left - longestTimer) : fn()), Math.min(left, longestTimer))
      if (background) timer.unref()
    }
    arm(ms)
    return () => clearTimeout(timer)
  },
}

/** Runs `fn` in the next turn of the event loop, after every promise reaction of this turn. */
export const nextTurn: (fn: () => void) => void = setImmediate

export const thisProcess: {
  readonly host: string
  readonly pid: number
  readonly env: NodeJS.ProcessEnv
  cwd(): string
} = { host: hostname(), pid: process.pid, env: process.env, cwd: () => process.cwd() }
