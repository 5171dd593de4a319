import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const scriptPath = (script: string): string => fileURLToPath(new URL(script, import.meta.url))
const flags = ['--conditions=source']

// Stripping the types of every file anew takes most of a second of each process: twenty at once would not meet.
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/sluice-tests', import.meta.url))
const env = { ...process.env, NODE_COMPILE_CACHE: cache }

/** Runs a script of this directory to its end and returns what it printed. `asNobody`: root gives its rights up. */
export async function inProcess(
  script: string,
  values: readonly string[],
  options: { readonly asNobody?: boolean } = {},
): Promise<string> {
  const ids = options.asNobody === true && process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, scriptPath(script), ...values], {
    ...ids,
    env,
  })
  return stdout
}

/** Runs a script in `count` processes at once; each gets its number as its last argument. */
export function inProcesses(count: number, script: string, values: readonly string[]): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => inProcess(script, [...values, String(index)])))
}

/** A script under way that prints lines. */
export interface RunningScript {
  readonly process: ChildProcess
  /** Resolves with the first line that begins with `start`. */
  line(start: string): Promise<string>
  ended(): Promise<void>
}

export function startProcess(script: string, values: readonly string[]): RunningScript {
  const child = spawn(process.execPath, [...flags, scriptPath(script), ...values], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let printed = ''
  let heard = Promise.withResolvers<void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    heard.resolve()
    heard = Promise.withResolvers<void>()
  })
  const line = async (start: string): Promise<string> => {
    for (;;) {
      const found = printed
        .split('\n')
        .slice(0, -1)
        .find((each) => each.startsWith(start))
      if (found !== undefined) return found
      await Promise.race([heard.promise, ended.then(() => Promise.reject(new Error(`${script} ended: ${printed}`)))])
    }
  }
  return { process: child, line, ended: () => ended }
}
