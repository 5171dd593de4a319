import type { Micros } from '../time.ts'

/** The instant, unless a number cannot hold it exactly: no occurrence is told beyond the year 2255. */
export function exactly(at: Micros): Micros | undefined {
  return Number.isSafeInteger(at) ? at : undefined
}
