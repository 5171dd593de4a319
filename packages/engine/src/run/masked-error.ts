import { fromStoredError, maskSecrets, toStoredError } from '@sluice/core'
import { inspect } from 'node:util'

/** What leaves the run: the error itself when nothing in it is secret, else a copy of it with masks. */
export function maskedError(error: unknown): unknown {
  return showsSecret(error) ? fromStoredError(toStoredError(error)) : error
}

function showsSecret(error: unknown): boolean {
  try {
    const text = inspect(error, { depth: 8, maxStringLength: null, maxArrayLength: null, breakLength: Infinity })
    return maskSecrets(text) !== text
  } catch {
    // An error whose own getters throw: the copy is safe to look at.
    return true
  }
}
