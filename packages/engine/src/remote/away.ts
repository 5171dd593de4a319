import type { SluiceError } from '@sluice/core'

const awayCodes: ReadonlySet<string> = new Set([
  'SERVER_UNREACHABLE',
  'SERVER_TIMEOUT',
  'SERVER_ANSWER_INVALID',
  'SERVER_STOPPING',
  'INTERNAL',
])

/** Whether the server gave no answer that can be believed: what it did with the request is not known. */
export function isAway(error: SluiceError): boolean {
  return awayCodes.has(error.code)
}
