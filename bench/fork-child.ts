import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/** A script under `bench/` that reports one message to its parent. */
export interface ChildRun {
  readonly script: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** It is killed after so many ms. */
  readonly timeoutMs?: number
}

/**
 * Runs it and gives its message. Throws when it ends without one, unless it killed itself on purpose (SIGKILL, to play a crash):
 * then there is none.
 */
export async function forkChild<T>({ script, args, env = {}, timeoutMs = 240_000 }: ChildRun): Promise<T | undefined> {
  const child = fork(path.join(import.meta.dirname, script), args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: timeoutMs,
    killSignal: 'SIGTERM',
  })
  let message: T | undefined
  let errors = ''
  child.on('message', (sent) => (message = sent as T))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = `${errors}${text}`.slice(-4000)))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  if (message === undefined && signal !== 'SIGKILL') {
    throw new Error(`${script} ${args.join(' ')} ended with ${signal ?? code} and no result: ${errors}`)
  }
  return message
}

/** The child's side: sends the message and lets the process end. */
export function report(message: unknown): void {
  process.send?.(message, () => process.disconnect?.())
}
