import type { Micros } from '@sluice/core'
import type { ReportClock, ReportStream } from './report-stream.ts'

/** The real clock. Its timers are unreferenced: a reporter never keeps a finished script alive. */
export const systemClock: ReportClock = {
  // The same formula as the engine's clock: a running time must not begin below zero.
  now: (): Micros => Math.round((performance.timeOrigin + performance.now()) * 1000),
  every(ms, fn) {
    const timer = setInterval(fn, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}

/** Calls `fn` when the process ends in any way but by a signal. Returns how to take that back. */
export function onProcessExit(fn: () => void): () => void {
  process.once('exit', fn)
  return () => process.removeListener('exit', fn)
}

/** The terminal streams of this process, whose other writers a live view must not collide with. */
export function terminalStreams(): NodeJS.WriteStream[] {
  return [process.stdout, process.stderr].filter((stream) => stream.isTTY)
}

/**
 * Where reports go unless told otherwise: a flow's own standard output stays clean. A reader that goes away (`2>&1 | head`)
 * ends the reports, not the run.
 */
export function standardError(): ReportStream {
  if (!process.stderr.listeners('error').includes(ignore)) process.stderr.on('error', ignore)
  return process.stderr
}

const ignore = (): void => undefined
