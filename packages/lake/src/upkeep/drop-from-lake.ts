import type { OpenLake } from '../table/lake.ts'
import { ageMs } from '../table/age.ts'
import { quarantineOf } from '../table/quarantine-table.ts'
import { requireOptions } from '../table/require-options.ts'
import type { DropOptions, DropResult } from '../table/upkeep-types.ts'
import { rawDirectory } from '../raw/raw-keys.ts'
import { closeRaw } from './close-raw.ts'
import { defaultGraceMs, finishDeletions } from './finish-deletions.ts'
import { writeDeletion } from './planned-deletion.ts'

/**
 * Drops a table, with its quarantine: a table of the same name later is another one. Their files stay, or are deleted once the grace is
 * over.
 *
 * Throws `TABLE_NOT_FOUND`, `TABLE_NAME_INVALID`, `LAKE_FOREIGN_CATALOG`.
 */
export async function dropFromLake(lake: OpenLake, name: string, options: DropOptions = {}): Promise<DropResult> {
  requireOptions('drop', options, ['purge', 'grace'])
  const { purge = false, grace } = options
  const graceMs = grace === undefined ? defaultGraceMs : ageMs('grace', grace)
  const { storage, platform } = lake
  const found = await lake.catalog.find(name)
  // Before the table: whoever is killed between finds the table still, and drops it again.
  const quarantine = quarantineOf(name)
  if (found && (await lake.catalog.find(quarantine))) await dropFromLake(lake, quarantine, options)
  if (found && purge) {
    const { id: tableId, directory } = found
    const files: string[] = []
    for await (const { key } of storage.list(`${directory}/`)) files.push(key)
    // Before the drop, which is the last step: until then the table has its files.
    await writeDeletion(storage, platform.newId(), {
      table: name,
      tableId,
      directory,
      at: platform.now(),
      files,
      dropped: true,
    })
  }
  const pointer = await lake.catalog.find(name)
  if (pointer) await closeRaw(lake, { pointer, metadata: await lake.catalog.metadata(pointer) }, { purge })
  const { directory } = await lake.catalog.drop(name)
  const { deleted, waiting } = purge ? await finishDeletions(lake, { graceMs, directory }) : { deleted: 0, waiting: 0 }
  if (purge) await finishDeletions(lake, { graceMs, directory: rawDirectory(name) })
  return { table: name, directory, deleted, waiting }
}
