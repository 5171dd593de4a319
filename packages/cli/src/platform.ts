import { setTimeout as after } from 'node:timers/promises'
import type { CliIo } from './io.ts'

/** The command's real surroundings. */
export function processIo(): CliIo {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    now: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
    wait: (ms) => after(ms),
  }
}

/** This Node, without the leading `v`. */
export function nodeVersion(): string {
  return process.versions.node
}

/**
 * Sends what anybody in this process prints to standard output to standard error, until the returned function is called:
 * with `--json`, standard output is one JSON document, whatever the flow's code prints.
 */
export function keepStandardOutputClean(io: CliIo): () => void {
  if (io.stdout !== process.stdout) return () => undefined
  const { stdout, stderr } = process
  const own = Object.getOwnPropertyDescriptor(stdout, 'write')
  stdout.write = stderr.write.bind(stderr)
  return () => {
    if (own === undefined) Reflect.deleteProperty(stdout, 'write')
    else Object.defineProperty(stdout, 'write', own)
  }
}
