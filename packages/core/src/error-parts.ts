import { types } from 'node:util'
import { clip, clipMiddle } from './clip.ts'
import { limits } from './limits.ts'
import { maskSecrets } from './mask.ts'
import { safely } from './safely.ts'

/** Whether a thrown value is an Error, also one of another realm. */
export function isError(value: unknown): value is Error {
  return safely(() => value instanceof Error || types.isNativeError(value)) === true
}

/** A property of an error, or undefined when reading it throws. */
export function read(error: Error, key: string): unknown {
  return safely((): unknown => Reflect.get(error, key))
}

/** Any value as masked and bounded text, nothing when there is none. */
export function boundedText(value: unknown): string {
  const text = value === undefined ? '' : plainText(value)
  // Cut before masking so that a huge text costs little, and again after it so that no half of a secret stays at the cut.
  return clip(maskSecrets(clip(text, 4 * limits.errorText)), limits.errorText)
}

/** Its own name, or its class's when it never set one. */
export function nameOf(error: Error): string {
  const name = clip(boundedText(read(error, 'name')), 200)
  return name === '' || name === 'Error' ? (classNameOf(error) ?? 'Error') : name
}

/** Its stack, beginning with `name` even when V8 wrote it under the name of a base class. */
export function stackOf(error: Error, name: string): string | undefined {
  const stack = read(error, 'stack')
  if (typeof stack !== 'string') return undefined
  const titled = /^Error(?=[:\n]|$)/.test(stack) ? stack.replace('Error', () => name) : stack
  return clipMiddle(maskSecrets(titled), limits.errorText)
}

/** Properties that a stored error has fields for. */
export const errorFields: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause', 'errors'])

/** Its other enumerable properties, a `code` that is not text (the exit code of a process) among them. */
export function ownProperties(error: Error): { readonly [key: string]: unknown } {
  const keys = (safely(() => Object.keys(error)) ?? []).filter((key) => !errorFields.has(key))
  const properties = keys.map((key) => [key, read(error, key)] as const)
  return Object.fromEntries(properties.filter(([key, value]) => key !== 'code' || typeof value !== 'string'))
}

function plainText(value: unknown): string {
  return safely(() => String(value)) ?? ''
}

function classNameOf(error: Error): string | undefined {
  const name = safely((): unknown => error.constructor.name)
  return typeof name === 'string' && name !== '' ? clip(name, 200) : undefined
}
