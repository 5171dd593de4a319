import { randomBytes, randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'

/** Time and chance as the lake needs them; tests put their own in. */
export interface Platform {
  /** Milliseconds since 1970, as Iceberg counts them. */
  readonly now: () => number
  /** A random UUID: for names of files and tables. */
  readonly newId: () => string
  /** A random positive number of 63 bits: Iceberg's snapshot ids are no times, so that two writers never meet. */
  readonly newSnapshotId: () => bigint
  readonly sleep: (ms: number) => Promise<void>
  /** Does something again and again, without keeping the process from ending; what it gives ends it. */
  readonly every: (ms: number, work: () => void) => () => void
  /** Who runs this process, as the operating system calls them. */
  readonly user: () => string
  /** In [0, 1). */
  readonly random: () => number
}

/** The real ones. */
export const platform: Platform = {
  now: () => Date.now(),
  newId: () => randomUUID(),
  newSnapshotId: () => (randomBytes(8).readBigUInt64BE() >> 1n) | 1n,
  sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
  every: (ms, work) => {
    const timer = setInterval(work, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
  user: () => {
    try {
      return userInfo().username
    } catch {
      // In containers a user may have a number only.
      return 'local'
    }
  },
  random: () => Math.random(),
}

/** Resolves when what happens now has happened: for what is done together once for all of it. */
export const endOfTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
