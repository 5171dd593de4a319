import type { ReportStream } from './report-stream.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Whether to colour: `NO_COLOR` beats `FORCE_COLOR` beats what the terminal says of itself. */
export function colorFrom(env: Environment, stream: Pick<ReportStream, 'isTTY' | 'hasColors'>): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false'
  return stream.isTTY === true && (stream.hasColors?.() ?? false)
}

/** Whether a switch like `CI` is on. */
export function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}
