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
