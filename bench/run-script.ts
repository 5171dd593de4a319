import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { endedChildrenCpu, startStopwatch } from './platform.ts'

/** A script under `bench/`, as a user would start it: `node <script>`. */
export interface ScriptRun {
  readonly script: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Milliseconds of one process: from start to exit, and of processor time (which counts in steps of 10). */
export interface ScriptTime {
  readonly wall: number
  readonly cpu: number
}

/** Runs a script to its end; nothing else may run meanwhile. Throws when it does not end with 0. Its output goes nowhere. */
export async function timeScript({ script, args = [], env = {} }: ScriptRun): Promise<ScriptTime> {
  const before = endedChildrenCpu()
  const watch = startStopwatch()
  const child = spawn(process.execPath, [path.join(import.meta.dirname, script), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stdout.resume()
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = `${errors}${text}`.slice(-2000)))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${errors}`)
  return { wall: watch.wall(), cpu: endedChildrenCpu() - before }
}
