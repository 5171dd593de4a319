import type { OpenHome } from '@sluice/engine'
import type { StoredValue } from '@sluice/store'

/**
 * Parameters by name, later ones over earlier ones. Undefined when nobody gave any: a flow without parameters is called without.
 * What was stored and is no object of names counts only when nothing else is given.
 */
export async function mergeParameters(
  home: OpenHome,
  stored: readonly (StoredValue | null)[],
  given: Readonly<Record<string, unknown>> | undefined,
): Promise<unknown> {
  let merged: unknown
  for (const value of stored) if (value !== null) merged = over(merged, await home.values.decode(value))
  return over(merged, given)
}

/** The text of the values codec that the catalogue keeps, as a stored value. */
export function storedText(text: string | null): StoredValue | null {
  return text === null ? null : { text }
}

function over(base: unknown, next: unknown): unknown {
  if (next === undefined) return base
  return isNames(base) && isNames(next) ? { ...base, ...next } : next
}

function isNames(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
