import { digest } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { LoadOperation } from '../catalog/lake-catalog.ts'
import { RawLoad } from '../raw/raw-load.ts'
import { platform } from '../platform.ts'

/** What makes a load the same load when its code runs again. */
export interface LoadPlace {
  readonly table: string
  readonly branch: string
  readonly operation: LoadOperation
  readonly source: unknown
  /** Of an overwrite or a deletion. */
  readonly where?: Readonly<Record<string, unknown>> | undefined
}

/**
 * The id of a load: what its author says, else its place in the attempt (the call's key, and which of equal loads it is), else, outside
 * of runs, a new one. To be asked for before anything is awaited: loads are counted in the order in which they are called.
 */
export function loadIdOf(place: LoadPlace, given: string | undefined, context: AttemptContext | undefined): string {
  const { table, branch, operation, source, where } = place
  if (given !== undefined) return given
  if (!context) return platform.newId()
  const what = JSON.stringify([table, branch, operation, sourceName(source), ...(where ? [whereText(where)] : [])])
  return digest(JSON.stringify([context.key, what, context.ordinal(what)]))
}

/** A condition as text, for identities and the ledger. */
export function whereText(where: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(where, (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
  })
}

/** Sources by what their author wrote; what has no text is told apart by its kind, and by its place among equal ones. */
function sourceName(source: unknown): unknown {
  if (typeof source === 'string') return source
  if (source instanceof URL) return source.href
  if (source instanceof RawLoad) return ['raw', source.table, source.loadId]
  if (!Array.isArray(source)) return null
  return source.every((item) => typeof item === 'string' || item instanceof URL) ? source.map(String) : null
}
