import { isSluiceError } from '@sluice/core'
import { stripVTControlCharacters } from 'node:util'

/** `HttpError: HTTP 503`: one line that names an error. */
export function errorLine(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error))
  const code = 'code' in error && typeof error.code === 'string' ? ` [${error.code}]` : ''
  return oneLine(`${error.name}${code}: ${error.message}`)
}

/** The error of a call that was cancelled with its run: the state says it already. */
export function isCancellation(error: unknown): boolean {
  return isSluiceError(error, 'RUN_CANCELLED')
}

/** What ended a cancelled run, in a word or two (`Ctrl-C`): its error's whole message would say again that it was cancelled. */
export function cancelCause(error: unknown, message: string | undefined): string | undefined {
  if (!isSluiceError(error, 'RUN_CANCELLED')) return message
  const { problem } = error.details
  return typeof problem === 'string' ? oneLine(problem) : undefined
}

/** The error, its causes and the place in the user's code, one line each; at most `limit` causes. */
export function errorLines(error: unknown, limit = 4): string[] {
  const lines = [errorLine(error)]
  let frame = firstUserFrame(error)
  let looked = 0
  for (let cause = causeOf(error); cause !== undefined && looked < limit; cause = causeOf(cause), looked++) {
    // Wrapped errors often quote their cause: once is enough.
    if (!lines.some((line) => line.includes(messageOf(cause)))) lines.push(`caused by ${errorLine(cause)}`)
    frame = firstUserFrame(cause) ?? frame
  }
  return frame === undefined ? lines : [...lines, `at ${frame}`]
}

/** The innermost stack frame that is neither Node's, nor a dependency's, nor Sluice's own. */
export function firstUserFrame(error: unknown): string | undefined {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return undefined
  const frames = error.stack.split('\n').flatMap((line) => /^\s+at (.+)$/.exec(line)?.[1] ?? [])
  return frames.find((frame) => !foreign(frame))?.replace('file://', '')
}

function foreign(frame: string): boolean {
  if (/node:|<anonymous>|[\\/]node_modules[\\/]|^native /.test(frame)) return true
  return (
    /[\\/]packages[\\/](core|store|engine|cli|sluice|testing)[\\/](src|dist|bin)[\\/]/.test(frame) &&
    !/\.test\.ts/.test(frame)
  )
}

function messageOf(error: unknown): string {
  return oneLine(error instanceof Error && error.message !== '' ? error.message : errorLine(error))
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}

function oneLine(text: string): string {
  const clean = stripVTControlCharacters(text).replace(/\s+/g, ' ').trim()
  return clean.length > 500 ? `${clean.slice(0, 499)}…` : clean
}
