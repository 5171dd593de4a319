import { addSnapshot, removeRef, removeSnapshots, setRef } from './apply-history.ts'
import {
  addSchema,
  addSortOrder,
  addSpec,
  setCurrentSchema,
  setDefaultSortOrder,
  setDefaultSpec,
} from './apply-layout.ts'
import { checkRequirements } from './check-requirements.ts'
import { commitInvalid } from './commit-errors.ts'
import { draftOf, type TableDraft, withMetadata } from './table-draft.ts'
import type { Snapshot, TableMetadata } from './table-metadata.ts'
import type { TableRequirement, TableUpdate } from './table-update.ts'

export interface CommitTime {
  /** Milliseconds since 1970, of the catalogue: clocks of writers do not count. */
  readonly now: number
  /** URL of the base's metadata file: it goes into the metadata log. */
  readonly previousFile?: string
}

/**
 * The metadata that a commit makes of a table, or the metadata of the table that it makes (Iceberg's REST specification,
 * "updateTable"). Nothing is changed in place.
 *
 * @throws SluiceError `LAKE_COMMIT_CONFLICT` with the requirement that does not hold (any more), `LAKE_COMMIT_INVALID` for
 * updates that make no valid table.
 */
export function applyUpdates(
  base: TableMetadata | undefined,
  requirements: readonly TableRequirement[],
  updates: readonly TableUpdate[],
  time: CommitTime,
): TableMetadata {
  checkRequirements(base, requirements)
  const draft = updates.reduce(applyUpdate, draftOf(base, time.now))
  checkComplete(draft.metadata)
  return withLog({ ...draft.metadata, 'last-updated-ms': draft.now }, base, time.previousFile)
}

function applyUpdate(draft: TableDraft, update: TableUpdate): TableDraft {
  switch (update.action) {
    case 'assign-uuid':
      return assignUuid(draft, update.uuid)
    case 'add-schema':
      return addSchema(draft, update.schema)
    case 'set-current-schema':
      return setCurrentSchema(draft, update['schema-id'])
    case 'add-spec':
      return addSpec(draft, update.spec)
    case 'set-default-spec':
      return setDefaultSpec(draft, update['spec-id'])
    case 'add-sort-order':
      return addSortOrder(draft, update['sort-order'])
    case 'set-default-sort-order':
      return setDefaultSortOrder(draft, update['sort-order-id'])
    case 'add-snapshot':
      return addSnapshot(draft, withSchema(draft, update.snapshot))
    case 'set-snapshot-ref': {
      const { action: _action, 'ref-name': name, ...ref } = update
      return setRef(draft, name, ref)
    }
    case 'remove-snapshots':
      return removeSnapshots(draft, update['snapshot-ids'])
    case 'remove-snapshot-ref':
      return removeRef(draft, update['ref-name'])
    default:
      return applyProperties(draft, update)
  }
}

/** A snapshot may name the schema that was just added: only the table knows its id. */
function withSchema({ lastAdded }: TableDraft, snapshot: Snapshot): Snapshot {
  if (snapshot['schema-id'] !== -1) return snapshot
  if (lastAdded.schema === undefined) throw commitInvalid('the snapshot names a schema that was not added')
  return { ...snapshot, 'schema-id': lastAdded.schema }
}

function applyProperties(draft: TableDraft, update: TableUpdate): TableDraft {
  const properties = draft.metadata.properties ?? {}
  switch (update.action) {
    case 'set-location':
      return withMetadata(draft, { location: update.location.replace(/\/+$/, '') })
    case 'set-properties':
      return withMetadata(draft, { properties: { ...properties, ...update.updates } })
    case 'remove-properties': {
      const kept = Object.entries(properties).filter(([name]) => !update.removals.includes(name))
      return withMetadata(draft, { properties: Object.fromEntries(kept) })
    }
    default:
      throw commitInvalid(`the update ${JSON.stringify(update.action)} is not known`)
  }
}

function assignUuid(draft: TableDraft, uuid: string): TableDraft {
  const old = draft.metadata['table-uuid']
  if (old !== '' && old !== uuid) throw commitInvalid('a table keeps its UUID')
  return withMetadata(draft, { 'table-uuid': uuid })
}

function checkComplete(metadata: TableMetadata): void {
  if (metadata['table-uuid'] === '') throw commitInvalid('the table has no UUID')
  if (metadata.location === '') throw commitInvalid('the table has no location')
  if (metadata['current-schema-id'] < 0) throw commitInvalid('the table has no schema')
  if (metadata['default-spec-id'] < 0) throw commitInvalid('the table has no partition spec')
  if (metadata['default-sort-order-id'] < 0) throw commitInvalid('the table has no sort order')
}

const previousVersions = 'write.metadata.previous-versions-max'

function withLog(
  metadata: TableMetadata,
  base: TableMetadata | undefined,
  previousFile: string | undefined,
): TableMetadata {
  if (base === undefined || previousFile === undefined) return metadata
  const entry = { 'metadata-file': previousFile, 'timestamp-ms': base['last-updated-ms'] }
  const most = Number(metadata.properties?.[previousVersions] ?? 100)
  const log = [...(base['metadata-log'] ?? []), entry].slice(-Math.max(1, Number.isSafeInteger(most) ? most : 100))
  return { ...metadata, 'metadata-log': log }
}
