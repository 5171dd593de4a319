import type { Reporter } from '../types.ts'

let shared: Promise<Reporter> | undefined

/** The reporter of this process, chosen by its environment; loaded when the first run starts. */
export function sharedReporter(): Promise<Reporter> {
  return (shared ??= import('../report/reporter.ts').then(({ reporterFromEnvironment }) => reporterFromEnvironment()))
}
