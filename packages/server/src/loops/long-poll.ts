import type { Clock } from '../platform.ts'
import type { LongPoll } from '../services.ts'

/** Ends every long poll of this server when it stops. */
export interface LongPolls {
  /**
   * Asks `look` until it gives something: at once, at each wake-up, and every `safetyMs`, because wake-ups may be lost. Undefined when
   * the time is up, the caller is gone, or the server stops.
   */
  until<T>(
    poll: LongPoll & { readonly safetyMs: number; readonly wakeOn: (wake: () => void) => () => void },
    look: () => Promise<T | undefined>,
  ): Promise<T | undefined>
  readonly stopped: boolean
  stop(): void
}

export function createLongPolls(clock: Clock): LongPolls {
  const stopping = new AbortController()
  return {
    async until(poll, look) {
      const waiter = waitingFor(clock, poll, stopping.signal)
      try {
        for (;;) {
          const found = await look()
          if (found !== undefined || !(await waiter.again())) return found
        }
      } finally {
        waiter.end()
      }
    },
    get stopped() {
      return stopping.signal.aborted
    },
    stop: () => stopping.abort(),
  }
}

/** The time between two looks. A wake-up during a look is not lost: the next look follows at once. */
function waitingFor(
  clock: Clock,
  poll: LongPoll & { readonly safetyMs: number; readonly wakeOn: (wake: () => void) => () => void },
  stopping: AbortSignal,
): { again(): Promise<boolean>; end(): void } {
  const until = clock.monotonic() + poll.waitMs
  let woken = false
  let resume: (() => void) | undefined
  const wake = (): void => {
    woken = true
    resume?.()
  }
  const off = poll.wakeOn(wake)
  for (const signal of [poll.signal, stopping]) signal.addEventListener('abort', wake, { once: true })
  return {
    async again() {
      const left = until - clock.monotonic()
      if (left <= 0 || poll.signal.aborted || stopping.aborted) return false
      if (!woken) {
        await new Promise<void>((resolve) => {
          const cancel = clock.after(Math.min(left, poll.safetyMs), resolve)
          resume = () => {
            cancel()
            resolve()
          }
        })
        resume = undefined
      }
      woken = false
      return !poll.signal.aborted && !stopping.aborted
    },
    end() {
      off()
      for (const signal of [poll.signal, stopping]) signal.removeEventListener('abort', wake)
    },
  }
}
