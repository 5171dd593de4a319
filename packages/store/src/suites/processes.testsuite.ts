import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Runs a script of this directory in `count` processes at once and returns what each printed. */
export function inProcesses(count: number, script: string, values: readonly string[]): Promise<string[]> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const run = async (index: number): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--conditions=source',
      path,
      ...values,
      String(index),
    ])
    return stdout
  }
  return Promise.all(Array.from({ length: count }, (_, index) => run(index)))
}
