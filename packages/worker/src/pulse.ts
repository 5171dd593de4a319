import { type HeartbeatOptions, Heartbeats } from './heartbeats.ts'

/** What renews a worker's lease: in the worker's own thread, or in one that the code of flows cannot block. */
export interface Pulse {
  /** What the worker holds has changed, or it drains. Before any code of a new run can block the event loop. */
  changed(): void
  /** It holds less than before: that can wait a moment, and is told once for many. */
  lessened(): void
  /** Does not wait for the next beat. */
  beatSoon(): void
  stop(): void
}

export type StartPulse = (options: HeartbeatOptions) => Pulse

/** Right where flows run in processes of their own. */
export const ownThreadPulse: StartPulse = (options) => {
  const beats = new Heartbeats(options)
  const nothing = (): void => undefined
  return { changed: nothing, lessened: nothing, beatSoon: () => beats.beatSoon(), stop: () => beats.stop() }
}
