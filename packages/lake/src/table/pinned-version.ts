import type { AttemptContext, CacheVersion } from '@sluice/engine'
import { contentText, datasetContent } from '../format/dataset-version.ts'
import type { OpenLake } from './lake.ts'
import { resolveVersion } from './resolve-version.ts'
import type { Version } from './types.ts'
import { findTable } from './write-target.ts'

const pinName = (table: string): string => `lake:${table}`

/** The version at which a task reads a table that its `cache.by` names; undefined: the current one. */
export function pinnedVersion(context: Pick<AttemptContext, 'pinned'> | undefined, table: string): Version | undefined {
  const pin = context?.pinned(pinName(table))
  return typeof pin === 'bigint' ? pin : undefined
}

/** What a table is when a task is called that is cached by it: a compacted one is the same, one that was made anew is another. */
export async function versionForCache(
  lake: OpenLake,
  name: string,
  version: Version | undefined,
): Promise<CacheVersion> {
  const found = await findTable(lake.catalog, name)
  // The task itself says that it is not there, when it reads it.
  if (!found) return { key: `${name} none` }
  const { metadata } = found
  const { snapshot, schema } = resolveVersion(name, metadata, version)
  const identity = `${name} ${metadata['table-uuid']}`
  if (version !== undefined) return { key: `${identity} ${snapshot?.['snapshot-id'] ?? 'none'}/${schema['schema-id']}` }
  const key = `${identity} ${contentText(datasetContent(metadata))}`
  return snapshot ? { key, pin: { name: pinName(name), value: snapshot['snapshot-id'] } } : { key }
}
