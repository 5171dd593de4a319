import { isSluiceError } from '@sluice/core'
import type { Snapshot } from '../format/table-metadata.ts'
import type { TableRequirement, TableUpdate } from '../format/table-update.ts'
import { writeDeletion } from '../upkeep/planned-deletion.ts'
import { reachableFiles } from '../upkeep/reachable-files.ts'
import type { OpenLake } from './lake.ts'
import { inputBranch, stageBranch } from './stage-branch.ts'
import { inputSnapshot } from './staged-input.ts'
import type { FoundTable } from './write-target.ts'

/** What a commit needs that settles a load. */
export interface StageLeave {
  readonly requirements: readonly TableRequirement[]
  /** After those that let `main` have what was staged. */
  readonly updates: readonly TableUpdate[]
  /** To be called when the commit was refused. */
  withdraw(): Promise<void>
}

/** Takes away the branches of a load that is settled. Files with the rows that it brought are nobody's then, and go an hour later. */
export async function leaveStage(lake: OpenLake, found: FoundTable, loadId: string): Promise<StageLeave> {
  const { metadata } = found
  const refs = [stageBranch(loadId), inputBranch(loadId)].flatMap((name) => {
    const ref = metadata.refs?.[name]
    return ref === undefined ? [] : [{ name, id: ref['snapshot-id'] }]
  })
  const input = inputSnapshot(metadata, loadId)
  const deletion = input && (await planDeletion(lake, found, input))
  return {
    requirements: refs.map(({ name, id }) => ({ type: 'assert-ref-snapshot-id', ref: name, 'snapshot-id': id })),
    updates: [
      ...refs.map(({ name }): TableUpdate => ({ action: 'remove-snapshot-ref', 'ref-name': name })),
      ...(input ? [{ action: 'remove-snapshots', 'snapshot-ids': [input['snapshot-id']] } as const] : []),
    ],
    async withdraw() {
      if (deletion) await lake.storage.delete([deletion]).catch(() => undefined)
    },
  }
}

/** A commit that was refused has taken nothing away. */
export async function leaving<T>(leave: StageLeave, commit: Promise<T>): Promise<T> {
  try {
    return await commit
  } catch (error) {
    if (isSluiceError(error, 'LAKE_COMMIT_CONFLICT') && error.details['commit'] === undefined) await leave.withdraw()
    throw error
  }
}

async function planDeletion(lake: OpenLake, { pointer, metadata }: FoundTable, input: Snapshot): Promise<string> {
  const { id: tableId, name: table, directory } = pointer
  const place = { location: metadata.location, directory }
  const files = [...(await reachableFiles(lake, place, [input], { partial: true })).keys()]
  const at = lake.platform.now()
  const { key } = await writeDeletion(lake.storage, lake.platform.newId(), { table, tableId, directory, at, files })
  return key
}
