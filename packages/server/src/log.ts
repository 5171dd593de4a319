import { isSluiceError } from '@sluice/core'
import { thisProcess } from './platform.ts'

/** Where the server tells what happens to itself. Never what users' runs print: that is in their logs. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

export const silentLog: Log = { info() {}, warn() {}, error() {} }

/** One line per message on standard error: time, level, message, `name=value`. `SLUICE_LOG=silent` silences it, `=json` makes objects. */
export function stderrLog(format: string | undefined = thisProcess.env['SLUICE_LOG']): Log {
  if (format === 'silent') return silentLog
  const write =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      thisProcess.stderr.write(`${lineOf(level, message, fields, format === 'json')}\n`)
    }
  return { info: write('info'), warn: write('warn'), error: write('error') }
}

/** An error as the log's fields: its code and message; a stack only for what nobody expected. */
export function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (isSluiceError(error)) return { code: error.code, problem: error.message }
  return error instanceof Error ? { problem: error.message, stack: error.stack } : { problem: String(error) }
}

function lineOf(level: string, message: string, fields: Readonly<Record<string, unknown>>, json: boolean): string {
  const at = thisProcess.isoTime()
  if (json) return JSON.stringify({ at, level, message, ...fields })
  const rest = Object.entries(fields).map(
    ([name, value]) => `  ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return `${at} ${level.padEnd(5)} ${message}${rest.join('')}`
}
