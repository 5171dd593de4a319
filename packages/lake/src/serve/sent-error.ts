import { isSluiceError, SluiceError } from '@sluice/core'
import type { SentError } from './child/messages.ts'

/** What another process is told of an error: an unexpected one by its message only. */
export function sentError(error: unknown): SentError {
  if (isSluiceError(error)) return { code: error.code, details: cloneable(error.details) }
  return { code: 'INTERNAL', details: { problem: error instanceof Error ? error.message : String(error) } }
}

export function receivedError({ code, details }: SentError): SluiceError {
  return new SluiceError(code, details)
}

/** Details are for people: what no other process can be given is left out. */
function cloneable(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => isPlain(value)))
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain)
  return typeof value !== 'function' && typeof value !== 'symbol' && !(value instanceof Error)
}
