/** A duration in milliseconds as the store counts: whole microseconds. */
export const microsOf = (ms: number): number => Math.round(ms * 1000)
