import { commitConflict } from '../format/commit-errors.ts'
import type { Platform } from '../platform.ts'
import type { LeaseOptions, TableLease } from './lake-catalog.ts'

/** A place in the line of those who want to rewrite a table. */
export interface LeaseTicket {
  readonly ticket: number
  /** So many are before it. 0: it has the lease. */
  readonly ahead: number
  /** It was not renewed in time, and somebody has gone past it. */
  readonly lost: boolean
}

/** The line of one table, for one holder. */
export interface LeaseLine {
  /** Takes a place, or keeps it: the same holder has one only. `drawn`: it had one before. */
  readonly hold: (drawn: boolean) => Promise<LeaseTicket>
  readonly leave: () => Promise<void>
}

/** Milliseconds for which a place in the line stays without being renewed: what a process that died holds up the others by. */
export const leaseMs = 15_000

const longestPause = 500

/**
 * Waits for the lease of a table, first come first served, and keeps it until it is disposed of. A lease that could not be renewed is not
 * noticed here: the commit that carries its epoch is refused.
 */
export async function takeLease(
  line: LeaseLine,
  platform: Platform,
  { signal, stayMs = leaseMs }: LeaseOptions & { readonly stayMs?: number },
): Promise<TableLease> {
  try {
    const { ticket } = await turn(line, platform, signal)
    const stop = platform.every(stayMs / 3, () => void line.hold(true).catch(() => undefined))
    return {
      epoch: ticket,
      async [Symbol.asyncDispose]() {
        stop()
        await line.leave().catch(() => undefined)
      },
    }
  } catch (error) {
    await line.leave().catch(() => undefined)
    throw error
  }
}

async function turn(
  line: LeaseLine,
  { sleep, random }: Platform,
  signal: AbortSignal | undefined,
): Promise<LeaseTicket> {
  for (let looks = 0; ; looks++) {
    signal?.throwIfAborted()
    const place = await line.hold(looks > 0)
    if (place.lost) throw commitConflict('the place in the line for its lease was lost')
    if (place.ahead === 0) return place
    await sleep(Math.min(20 * place.ahead + 10 * looks, longestPause) * (0.5 + random() / 2))
  }
}
