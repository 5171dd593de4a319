import { randomBytes, randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { setTimeout as after } from 'node:timers/promises'
import { SluiceError } from '@sluice/core'
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
    readInput: () => text(process.stdin),
    askSecret,
    onceStopped,
  }
}

async function askSecret(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  const { isCancel, password } = await import('@clack/prompts')
  // On standard error: standard output stays for results.
  const answer = await password({ message: question, output: process.stderr })
  if (isCancel(answer)) throw new SluiceError('OPTION_INVALID', { option: question, problem: 'nothing was entered' })
  return answer
}

const stopSignals = ['SIGINT', 'SIGTERM'] as const

function onceStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of stopSignals) process.off(signal, stop)
      resolve()
    }
    for (const signal of stopSignals) process.on(signal, stop)
  })
}

/** For what this process runs, and its children. */
export function setEnvironment(variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, variables)
}

/** 32 random bytes in base64. */
export function newKey(): string {
  return randomBytes(32).toString('base64')
}

/** Of a load that nobody made before. */
export function newLoadId(): string {
  return randomUUID()
}

/** What a signal to this process is sent to. */
export function processId(): number {
  return process.pid
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
