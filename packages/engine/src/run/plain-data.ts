import { maskSecrets } from '@sluice/core'

/** Nested deeper, no server takes it: it could not be walked safely. */
const deepest = 50

/** What is told with artifacts and log lines. */
export type PlainData = Readonly<Record<string, unknown>>

/**
 * A copy that JSON can hold, masked. Throws an error that says why, for what would be refused when it is kept: then it is too late to
 * tell the author.
 */
export function plainData(data: PlainData, mostText: number): PlainData {
  const text = JSON.stringify(data, bigintsAsText)
  if (text.length > mostText) throw new Error(`it has ${text.length} characters as JSON, at most ${mostText} are kept`)
  const masked = maskSecrets(text)
  // An own `__proto__` is legal in JSON, but whoever reads it may take it for the prototype. A reviver is slow, and few texts need it.
  const copy = (masked.includes('"__proto__"') ? JSON.parse(masked, withoutPrototype) : JSON.parse(masked)) as PlainData
  if (isDeep(copy, deepest)) throw new Error(`it is nested deeper than ${deepest} levels`)
  return copy
}

function bigintsAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function withoutPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}

function isDeep(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((item) => isDeep(item, levels - 1))
}
