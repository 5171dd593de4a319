import type {
  Assignment,
  Claim,
  Claimed,
  ExitOutcome,
  ExitReport,
  Heartbeat,
  HeartbeatAnswer,
  Registered,
  Registration,
} from '@sluice/api'
import type { LogEntry } from '@sluice/store'

/** What a worker says to the server. One attempt each: whoever calls decides what a failure means to it. */
export interface ServerLink {
  /** The servers, most preferred first. */
  readonly urls: readonly string[]
  register(worker: string, body: Registration): Promise<Registered>
  heartbeat(worker: string, body: Heartbeat, timeoutMs: number): Promise<HeartbeatAnswer>
  claim(worker: string, body: Claim, signal: AbortSignal): Promise<Claimed>
  reportExit(worker: string, body: ExitReport): Promise<ExitOutcome['outcome']>
  stop(worker: string): Promise<void>
  /** Lines of a run's log, in the name of the run. */
  appendLogs(run: Pick<Assignment, 'run' | 'token'>, entries: readonly LogEntry[]): Promise<void>
}
