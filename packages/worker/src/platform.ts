import type { Micros } from '@sluice/core'
import { randomFillSync } from 'node:crypto'
import { availableParallelism, hostname } from 'node:os'

/** Time, randomness and ids as a worker sees them. Tests put their own in; nothing else touches the globals. */
export interface WorkerPlatform {
  /** Wall-clock time, for what people read. */
  now(): Micros
  /**
   * Milliseconds of the machine's monotonic clock. It has the same zero in every process of the machine, so a worker can tell its
   * children until *when* a lease holds: a message that is read late must not make a lease longer.
   */
  monotonic(): number
  /** 0 ≤ x < 1 */
  random(): number
  /** A UUIDv7. */
  newId(): string
  /** Calls `fn` once after `ms`; returns what cancels it. Keeps the process alive meanwhile unless `background`. */
  after(ms: number, fn: () => void, background?: boolean): () => void
}

const longestTimer = 2 ** 31 - 1

export const systemPlatform: WorkerPlatform = {
  now: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  monotonic: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  random: Math.random,
  newId: uuidv7,
  after(ms, fn, background = false) {
    let timer: NodeJS.Timeout
    const arm = (left: number): void => {
      timer = setTimeout(() => (left > longestTimer ? arm(left - longestTimer) : fn()), Math.min(left, longestTimer))
      if (background) timer.unref()
    }
    arm(Math.max(0, ms))
    return () => clearTimeout(timer)
  },
}

/** A UUIDv7 (RFC 9562): 48 bits of milliseconds, 74 of randomness. Node 24 has none of its own. */
function uuidv7(): string {
  const bytes = Buffer.allocUnsafe(16)
  randomFillSync(bytes, 6)
  bytes.writeUIntBE(Math.floor(performance.timeOrigin + performance.now()), 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(platform: WorkerPlatform, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const done = (): void => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = platform.after(ms, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Runs `fn` in the next turn of the event loop. */
export const nextTurn: (fn: () => void) => void = setImmediate

export const thisMachine: {
  readonly host: string
  readonly pid: number
  readonly cores: number
  readonly env: Readonly<Record<string, string | undefined>>
} = { host: hostname(), pid: process.pid, cores: availableParallelism(), env: process.env }
