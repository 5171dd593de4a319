import { SluiceError } from './errors.ts'
import { mask, rememberSecret } from './mask.ts'

const brand = Symbol.for('sluice.secret')

/**
 * A text that must not be seen: printed, logged or turned into JSON it is 8 asterisks, whatever its length. From its
 * construction on its value is masked in the process's logs and stored errors.
 *
 * @throws SluiceError `OPTION_INVALID` for anything but text.
 * @example
 * const password = new Secret('correct horse')
 * connect({ password: password.reveal() })
 */
export class Secret<T extends string = string> {
  readonly #value: T

  constructor(value: T) {
    if (typeof value !== 'string')
      throw new SluiceError('OPTION_INVALID', { option: 'secret', problem: 'it must be text' })
    this.#value = value
    rememberSecret(value)
  }

  /** The value itself: call it where the value is used, and keep the Secret everywhere else. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }
}

Object.defineProperties(Secret.prototype, {
  [Symbol.for('nodejs.util.inspect.custom')]: { value: () => mask },
  [brand]: { value: true },
})

/** Whether a value is a {@link Secret}, also one of another copy of this package. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && brand in value
}
