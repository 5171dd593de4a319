import type { Json } from '@sluice/core'
import type { OpenHome } from '@sluice/engine'
import type { StoredValue } from '@sluice/store'
import { plainJson } from './plain-json.ts'

/** Larger results are not read for being looked at. */
const largestShown = 1_048_576

/** A stored value as JSON. One that is large, gone or sealed under another key is told instead of shown: looking never fails. */
export async function storedJson(home: Pick<OpenHome, 'values'>, stored: StoredValue | null): Promise<Json> {
  if (stored === null) return null
  if ('ref' in stored && stored.bytes > largestShown) return `<${stored.bytes} bytes, kept under ${stored.ref}>`
  try {
    return plainJson(await home.values.decode(stored))
  } catch (error) {
    return `<cannot be read: ${error instanceof Error ? error.message : String(error)}>`
  }
}

/** The same for parameters, which are an object. */
export async function storedObject(home: Pick<OpenHome, 'values'>, text: string | null): Promise<Record<string, Json>> {
  const value = await storedJson(home, text === null ? null : { text })
  return objectOf(value) ?? {}
}

/** JSON that we wrote into a column. What does not parse there was changed by hand: it is told as absent. */
export function columnJson(text: string | null): Json {
  if (text === null) return null
  try {
    return JSON.parse(text) as Json
  } catch {
    return null
  }
}

/** {@link columnJson} where an object is expected. */
export function columnObject(text: string | null): Record<string, Json> | null {
  return objectOf(columnJson(text))
}

function objectOf(value: Json): Record<string, Json> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : null
}
