import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** The Python that has PyIceberg, by the environment; undefined: tests that need it are skipped. */
export const pyiceberg: string | undefined = found(process.env['SLUICE_PYICEBERG'])

function found(path: string | undefined): string | undefined {
  return path !== undefined && existsSync(path) ? path : undefined
}

/** Runs a program there, with JSON on its standard input, and reads the JSON that it prints. */
export function python(program: string, input: unknown): unknown {
  const { stdout, stderr, status } = spawnSync(pyiceberg ?? 'python3', ['-c', program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`Python failed: ${stderr}`)
  return JSON.parse(stdout)
}
