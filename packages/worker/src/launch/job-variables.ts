import type { Assignment } from '@sluice/api'
import { parseDuration, SluiceError } from '@sluice/core'

/** What a deployment says about the process of its runs. */
export interface JobVariables {
  /** For the environment of the process, beside the little that every one gets. */
  readonly env: Readonly<Record<string, string>>
  /** Heap of the process in MiB. The whole process may take half as much again and 128 MiB more. */
  readonly memoryMb: number | undefined
  /** How long one process may work on a run. */
  readonly timeLimitMs: number | undefined
}

const known = new Set(['env', 'memoryMb', 'timeLimit'])

/** Throws `OPTION_INVALID` or `OPTION_UNKNOWN`: what nobody understands would silently limit nothing. */
export function readJobVariables(given: Assignment['jobVariables']): JobVariables {
  for (const option of Object.keys(given))
    if (!known.has(option)) throw new SluiceError('OPTION_UNKNOWN', { option, of: 'jobVariables', known: [...known] })
  const { env = {}, memoryMb, timeLimit } = given
  return { env: environment(env), memoryMb: memory(memoryMb), timeLimitMs: duration(timeLimit) }
}

function environment(given: unknown): Readonly<Record<string, string>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalid('env', 'it must be an object of texts')
  const entries = Object.entries(given).map(([name, value]: [string, unknown]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw invalid('env', `'${name}' is no name of a variable`)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      throw invalid('env', `the value of ${name} must be text`)
    if (String(value).includes('\0')) throw invalid('env', `the value of ${name} has a NUL character`)
    return [name, String(value)] as const
  })
  return Object.fromEntries(entries)
}

function memory(given: unknown): number | undefined {
  if (given === undefined || given === null) return undefined
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 16 || given > 1_000_000)
    throw invalid('memoryMb', 'it must be a whole number of megabytes from 16 to 1000000')
  return given
}

function duration(given: unknown): number | undefined {
  if (given === undefined || given === null) return undefined
  if (typeof given !== 'string' && typeof given !== 'number') throw invalid('timeLimit', "write it as '30m'")
  const ms = parseDuration(given as Parameters<typeof parseDuration>[0])
  if (ms <= 0) throw invalid('timeLimit', 'it must be longer than nothing')
  return ms
}

function invalid(option: string, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option, of: 'jobVariables', problem })
}
