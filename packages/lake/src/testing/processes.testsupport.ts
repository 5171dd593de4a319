import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// Stripping the types of every file anew takes most of a second of each process.
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/sluice-tests', import.meta.url))

/** A script under way that prints lines. */
export interface RunningScript {
  readonly process: ChildProcess
  /** All lines so far. */
  readonly lines: () => readonly string[]
  /** Resolves with the first line that begins with `start`. */
  line(start: string): Promise<string>
  readonly ended: Promise<void>
}

/** Starts a script of the lake in a process of its own. */
export function startScript(script: URL, values: readonly string[]): RunningScript {
  const child = spawn(process.execPath, ['--conditions=source', fileURLToPath(script), ...values], {
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  let printed = ''
  let heard = Promise.withResolvers<void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    heard.resolve()
    heard = Promise.withResolvers<void>()
  })
  const lines = (): readonly string[] => printed.split('\n').slice(0, -1)
  const line = async (start: string): Promise<string> => {
    for (;;) {
      const found = lines().find((each) => each.startsWith(start))
      if (found !== undefined) return found
      const early = ended.then(() => {
        if (!lines().some((each) => each.startsWith(start))) throw new Error(`the script ended: ${printed}`)
      })
      await Promise.race([heard.promise, early])
    }
  }
  return { process: child, lines, line, ended }
}
