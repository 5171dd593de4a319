import {
  contentHash,
  fromStoredError,
  isSluiceError,
  limits,
  Secret,
  SluiceError,
  toStoredError,
  type StoredError,
} from '@sluice/core'
import type { StoredValue } from '@sluice/store'
import { DevalueError, parse, stringify } from 'devalue'
import type { ResultStorage } from './result-storage.ts'
import type { SecretBox } from './secret-box.ts'

/** Turns results and parameters into what the store keeps, and back. Small ones are text in the row, large ones files. */
export interface Values {
  /** Throws `RESULT_UNSERIALIZABLE` with the path of the bad value; `what` names the value in that message. */
  encode(value: unknown, what: string): StoredValue | Promise<StoredValue>
  /** The value; a promise of it when it is in a file, or when it cannot be read (another secret key). */
  decode(stored: StoredValue): unknown
}

/** How nothing is stored. */
export const undefinedValue: StoredValue = { text: stringify(undefined) }

export function createValues(storage: ResultStorage, secrets: SecretBox): Values {
  const reducers = {
    Secret: (value: unknown) => value instanceof Secret && secrets.seal(value.reveal()),
    Error: (value: unknown) => value instanceof Error && toStoredError(value),
  }
  const revivers = {
    Secret: (sealed: string) => new Secret(secrets.open(sealed)),
    Error: (stored: StoredError) => fromStoredError(stored),
  }
  // What does not parse was not written by us, or not by this version.
  const revive = (text: string): unknown => {
    try {
      return parse(text, revivers)
    } catch (cause) {
      if (isSluiceError(cause)) throw cause
      throw new SluiceError('RESULT_CORRUPT', { problem: 'it is no stored value' }, { cause })
    }
  }
  return {
    encode(value, what) {
      const text = serialize(value, what, reducers)
      // A code unit takes at most three bytes: only texts near the limit are measured.
      if (text.length * 3 <= limits.inlineResultBytes) return { text }
      const bytes = Buffer.from(text, 'utf8')
      if (bytes.length <= limits.inlineResultBytes) return { text }
      const ref = contentHash(bytes)
      return storage.put(ref, bytes).then(() => ({ ref, bytes: bytes.length }))
    },
    decode(stored) {
      if ('ref' in stored) return storage.get(stored.ref).then((bytes) => revive(bytes.toString('utf8')))
      try {
        return revive(stored.text)
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error(String(error)))
      }
    },
  }
}

function serialize(value: unknown, what: string, reducers: Record<string, (value: unknown) => unknown>): string {
  try {
    return stringify(value, reducers)
  } catch (cause) {
    if (cause instanceof DevalueError)
      throw new SluiceError(
        'RESULT_UNSERIALIZABLE',
        { task: what, path: `result${cause.path}`, kind: kindOf(cause.value) },
        { cause },
      )
    if (cause instanceof RangeError) {
      const tooLarge = /string length/i.test(cause.message)
      throw new SluiceError(
        tooLarge ? 'RESULT_TOO_LARGE' : 'RESULT_UNSERIALIZABLE',
        { task: what, path: 'result', kind: 'nested too deeply' },
        { cause },
      )
    }
    throw cause
  }
}

function kindOf(value: unknown): string {
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value === 'object' && value !== null) return `an instance of ${value.constructor?.name || 'a class'}`
  return `a ${typeof value}`
}
