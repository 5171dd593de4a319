import { closedKeyOf, rawDirectory, readRawKey } from '../raw/raw-keys.ts'
import { rawAgeIn } from '../raw/raw-properties.ts'
import type { OpenLake } from '../table/lake.ts'
import type { FoundTable } from '../table/write-target.ts'
import { writeDeletion } from './planned-deletion.ts'

/**
 * Of a table that is about to be dropped: no load of a later table of its name goes on from what was put away for this one. All of it goes with its age, or
 * with the files of the table.
 */
export async function closeRaw(
  { storage, platform }: OpenLake,
  { pointer, metadata }: FoundTable,
  { purge }: { readonly purge: boolean },
): Promise<void> {
  const keys: string[] = []
  for await (const { key } of storage.list(`${rawDirectory(pointer.name)}/`)) if (readRawKey(key)) keys.push(key)
  const directories = new Set(keys.flatMap((key) => readRawKey(key)?.directory ?? []))
  const closed = [...directories].map(closedKeyOf)
  for (const key of closed) if (!keys.includes(key)) await storage.put(key, '')
  if (keys.length === 0) return
  const at = platform.now() + (purge ? 0 : rawAgeIn(metadata))
  const files = [...new Set([...keys, ...closed])].toSorted()
  const place = { table: pointer.name, tableId: pointer.id, directory: rawDirectory(pointer.name) }
  await writeDeletion(storage, platform.newId(), { ...place, at, files })
}
