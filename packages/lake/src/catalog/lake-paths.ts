import { SluiceError } from '@sluice/core'

/** The file in the root of a lake that says which catalogue writes it. */
export const lakeFile = 'lake.json'

const name = /^[a-z][a-z0-9_]{0,127}\.[a-z][a-z0-9_]{0,127}$/

/** How the names of tables begin that hold what did not fit into others. */
export const quarantineNamespace = 'quarantine.'

/** Throws `TABLE_NAME_INVALID` for what is not `namespace.table`. */
export function requireTableName(table: string): string {
  if (!name.test(table)) throw new SluiceError('TABLE_NAME_INVALID', { table: JSON.stringify(table) })
  return table
}

/** The directory of a new table: no two tables share one, not even of one name, one after the other. */
export function newTableDirectory(table: string, id: string): string {
  return `${requireTableName(table).replace('.', '/')}-${id.replaceAll('-', '').slice(0, 8)}`
}

/** Whether a directory could be this table's; it stays what it was when the table gets another name. */
export const isTableDirectory = (table: string, directory: string): boolean =>
  directory.slice(0, -8) === `${table.replace('.', '/')}-` && /^[0-9a-f]{8}$/.test(directory.slice(-8))

const versionText = (version: number): string => String(version).padStart(5, '0')

export const metadataKeyOf = (directory: string, version: number, id: string): string =>
  `${directory}/metadata/${versionText(version)}-${id}.metadata.json`

/** Beside the metadata file: it was committed. */
export const markerKeyOf = (metadataKey: string): string => metadataKey.replace(/\.metadata\.json$/, '.committed')

/** In a table's directory: the table that was in it was dropped. */
export const dropMarkerKeyOf = (directory: string): string => `${directory}/metadata/dropped.json`

export const manifestListKeyOf = (directory: string, snapshotId: bigint, id: string): string =>
  `${directory}/metadata/snap-${snapshotId}-${id}.avro`

/** What a key in a table's `metadata/` says. */
export interface MetadataName {
  readonly directory: string
  /** By the directory's name: the marker has the table's. */
  readonly table: string
  readonly version: number
  readonly kind: 'metadata' | 'marker'
}

const metadataName =
  /^(?<directory>(?<namespace>[a-z][a-z0-9_]*)\/(?<table>[a-z][a-z0-9_]*)-[0-9a-f]{8})\/metadata\/(?<version>\d+)-[^/]*\.(?<kind>metadata\.json|committed)$/

export function readMetadataName(key: string): MetadataName | undefined {
  const { directory = '', namespace, table, version, kind } = metadataName.exec(key)?.groups ?? {}
  if (version === undefined) return undefined
  const of = { directory, table: `${namespace}.${table}`, version: Number(version) }
  return { ...of, kind: kind === 'committed' ? 'marker' : 'metadata' }
}

/** Where a table's files are: by its metadata, and now. */
export interface TablePlace {
  /** The `location` of the table's metadata. */
  readonly location: string
  readonly directory: string
}

/**
 * The key of a file that metadata names. Metadata names files by absolute URLs, for the sake of other engines; a lake that was
 * moved still has them in the same places below the table's directory.
 *
 * Throws `LAKE_METADATA_INVALID` for a file that is not in the lake.
 */
export function keyOf(storage: { readonly url: string }, place: TablePlace, url: string): string {
  if (url.startsWith(`${place.location}/`)) return place.directory + url.slice(place.location.length)
  if (url.startsWith(`${storage.url}/`)) return url.slice(storage.url.length + 1)
  throw new SluiceError('LAKE_METADATA_INVALID', { file: url, problem: 'it is not in the lake' })
}

/** The URL under which a table's metadata names a file of it: that of its `location`, so that it moves with the others. */
export function urlOf(place: TablePlace, key: string): string {
  return place.location + key.slice(place.directory.length)
}
