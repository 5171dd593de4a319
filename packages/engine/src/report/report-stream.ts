import type { Micros } from '@sluice/core'

/** The part of a writable stream that a reporter needs: `process.stderr`, or a fake one in a test. */
export interface ReportStream {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  hasColors?(): boolean
}

/** Time for reporters, injected so that frames can be tested. */
export interface ReportClock {
  now(): Micros
  /** Calls `fn` again and again until the returned function is called. Must never keep the process alive. */
  every(ms: number, fn: () => void): () => void
}
