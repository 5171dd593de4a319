import type { Micros } from '@sluice/core'
import { randomFillSync } from 'node:crypto'
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

const entropy = Buffer.alloc(16 * 256)
let used = entropy.length
const bytes = Buffer.alloc(16)
const text = Buffer.alloc(36, '-')

/**
 * A UUIDv7 (RFC 9562): 48 bits of milliseconds, 74 of randomness. Node has one only in its newer releases, and joins its text of 15
 * pieces: 480 bytes as long as it lives. This one is one flat text of 56.
 */
function uuidv7(): string {
  if (used === entropy.length) {
    randomFillSync(entropy)
    used = 0
  }
  entropy.copy(bytes, 6, used + 6, (used += 16))
  bytes.writeUIntBE(Math.floor(performance.timeOrigin + performance.now()), 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  for (const [from, to, at] of groups) text.write(hex.slice(from, to), at, 'latin1')
  return text.toString('latin1')
}

/** Where the groups of hexadecimal digits stand in the text. */
const groups = [
  [0, 8, 0],
  [8, 12, 9],
  [12, 16, 14],
  [16, 20, 19],
  [20, 32, 24],
] as const

export const systemPlatform: Platform = {
  now: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  random: Math.random,
  newId: uuidv7,
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
