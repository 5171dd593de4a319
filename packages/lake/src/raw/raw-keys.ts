import { digest } from '@sluice/core'

/** No table's directory below it has a dot in its name: tables may be in a namespace called `raw`. */
export const rawDirectory = (table: string): string => `raw/${table}`

/** Where packages of one load are. The id is readable where it can be part of a key. */
export function loadPrefix(table: string, loadId: string): string {
  const safe = loadId.replaceAll(/[^\w.-]+/g, '-').slice(0, 80)
  const isSafe = safe === loadId && !/^\.*$/.test(safe)
  return `${rawDirectory(table)}/${isSafe ? safe : `${safe}-${digest(loadId).slice(0, 12)}`}/`
}

const manifestName = 'package.json'
const closedName = 'closed'

export const manifestKeyOf = (directory: string): string => `${directory}/${manifestName}`

/** Beside the manifest: what was kept is no load's to go on with. */
export const closedKeyOf = (directory: string): string => `${directory}/${closedName}`

/** What a key below `raw/` is. */
export interface RawKey {
  readonly table: string
  /** The directory of its package. */
  readonly directory: string
  readonly kind: 'manifest' | 'closed' | 'part'
}

const shape =
  /^(?<directory>raw\/(?<table>[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)\/[^/]+\/[0-9a-f]{12})\/(?<name>package\.json|closed|\d+)$/

/** Undefined: it is not ours. */
export function readRawKey(key: string): RawKey | undefined {
  const { directory, table, name } = shape.exec(key)?.groups ?? {}
  if (directory === undefined || table === undefined) return undefined
  return { table, directory, kind: name === manifestName ? 'manifest' : name === closedName ? 'closed' : 'part' }
}
