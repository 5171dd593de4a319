import { isSluiceError, SluiceError } from '@sluice/core'
import { applyUpdates } from '../format/apply-updates.ts'
import { commitConflict, commitInvalid } from '../format/commit-errors.ts'
import { hasReplaced } from '../format/replaced-columns.ts'
import { sameSchema } from '../format/same-schema.ts'
import type { Snapshot, TableMetadata } from '../format/table-metadata.ts'
import type { TableUpdate } from '../format/table-update.ts'
import { parentOf, planAppend } from './append-snapshot.ts'
import type { AppendChange, LakeCommit, TableChange } from './lake-catalog.ts'
import {
  isTableDirectory,
  keyOf,
  manifestListKeyOf,
  quarantineNamespace,
  requireTableName,
  urlOf,
} from './lake-paths.ts'
import { planMerge } from './plan-merge.ts'
import type { TableFiles } from './table-files.ts'
import type { PlannedList, SnapshotMaker, WorkingTable } from './working-table.ts'

/** What planning a commit needs to know. */
export interface PlanContext {
  readonly storage: { readonly url: string }
  readonly files: TableFiles
  /** Milliseconds since 1970. */
  readonly now: number
  readonly newId: () => string
  /** Tables without an owner are refused. */
  readonly requireOwner?: boolean
}

export type WorkingTables = ReadonlyMap<string, WorkingTable>

/**
 * What a commit makes of the tables that it changes; the given ones stay as they are. Nothing is written: the manifest lists of
 * appends are planned, and remembered for the commits that follow.
 *
 * Throws `LAKE_COMMIT_CONFLICT`, `LAKE_COMMIT_INVALID`, `TABLE_EXISTS`, `TABLE_NOT_FOUND`, `TABLE_NAME_INVALID`.
 */
export async function planCommit(
  context: PlanContext,
  tables: WorkingTables,
  commit: LakeCommit,
): Promise<WorkingTables> {
  const planned = new Map<string, WorkingTable>()
  for (const change of commit.tables) {
    requireTableName(change.name)
    if (planned.has(change.name))
      throw new SluiceError('LAKE_COMMIT_INVALID', { table: change.name, problem: 'it is named twice' })
    try {
      planned.set(change.name, await planChange(context, tables.get(change.name), change, commit))
    } catch (error) {
      throw named(error, change.name)
    }
  }
  return planned
}

/** Says of which table a refusal is, in terms that go over the wire. */
function named(error: unknown, table: string): unknown {
  if (!isSluiceError(error, 'LAKE_COMMIT_CONFLICT') && !isSluiceError(error, 'LAKE_COMMIT_INVALID')) return error
  return new SluiceError(error.code, { ...plain(error.details), table }, { cause: error })
}

/** Ids of snapshots as text: JSON has no such numbers. */
function plain(details: object): object {
  const text = JSON.stringify(details, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  return JSON.parse(text) as object
}

async function planChange(
  context: PlanContext,
  table: WorkingTable | undefined,
  change: TableChange,
  commit: LakeCommit,
): Promise<WorkingTable> {
  const changed = applied(context, table, change)
  if (context.requireOwner === true) requireOwner(changed, change)
  const made = [...addedBy(change.updates), ...(change.append ? [change.append.snapshotId] : [])]
  const maker: SnapshotMaker = {
    rootId: commit.owner?.rootId ?? null,
    taskRunId: commit.owner?.taskRunId ?? null,
    loadId: change.load?.id ?? null,
  }
  const makers = new Map([...changed.makers, ...made.map((id) => [id, maker] as const)])
  return appended(
    context,
    { ...changed, makers },
    change.append && resolvedAppend(changed.metadata, change.append, change.updates),
  )
}

/** Whoever makes a table, or loads into it, says who answers for it. What did not fit belongs to the table that it did not fit into. */
function requireOwner({ metadata }: WorkingTable, { name, requirements, load }: TableChange): void {
  const counts = load?.branch === 'main' || requirements.some(({ type }) => type === 'assert-create')
  if (counts && !name.startsWith(quarantineNamespace) && (metadata.properties?.['owner'] ?? '') === '')
    throw new SluiceError('TABLE_OWNER_MISSING', { table: name })
}

/** Which schema an append names that adds one: the catalogue gives the ids. */
function resolvedAppend(
  { schemas }: TableMetadata,
  append: AppendChange,
  updates: readonly TableUpdate[],
): AppendChange {
  if (append.schemaId !== -1) return append
  const added = updates.findLast((update) => update.action === 'add-schema')
  const found = added && schemas.find((schema) => sameSchema(schema, added.schema))
  if (found === undefined) throw commitInvalid('the append names a schema that it does not add')
  return { ...append, schemaId: found['schema-id'] }
}

function applied({ storage, now }: PlanContext, table: WorkingTable | undefined, change: TableChange): WorkingTable {
  const creates = change.requirements.some(({ type }) => type === 'assert-create')
  if (table !== undefined && creates) throw new SluiceError('TABLE_EXISTS', { table: change.name })
  if (table === undefined && !creates) throw new SluiceError('TABLE_NOT_FOUND', { table: change.name })
  const directory = table?.directory ?? change.directory
  if (directory === undefined || (table === undefined && !isTableDirectory(change.name, directory)))
    throw commitInvalid('a table that is made needs a directory of its own')
  const previous = table?.base && { previousFile: urlOf({ ...placeOf(table) }, table.base.key) }
  const metadata = applyUpdates(table?.metadata, change.requirements, change.updates, {
    now,
    // Only the first commit of a group leaves a metadata file behind.
    ...(table?.metadata === table?.base?.metadata && previous),
  })
  const location = table?.metadata.location ?? `${storage.url}/${directory}`
  if (metadata.location !== location) throw commitInvalid(`the location of the table must be ${location}`)
  return {
    ...(table ?? {
      name: change.name,
      directory,
      version: 0,
      base: undefined,
      merged: [],
      lists: [],
      makers: new Map(),
    }),
    metadata,
  }
}

const placeOf = ({ metadata, directory }: WorkingTable): { location: string; directory: string } => ({
  location: metadata.location,
  directory,
})

const addedBy = (updates: readonly TableUpdate[]): readonly bigint[] =>
  updates.flatMap((update) => (update.action === 'add-snapshot' ? [update.snapshot['snapshot-id']] : []))

async function appended(
  { storage, files, now, newId }: PlanContext,
  table: WorkingTable,
  append: AppendChange | undefined,
): Promise<WorkingTable> {
  if (append === undefined) return table
  const place = placeOf(table)
  const parent = parentOf(table.metadata, append)
  requireColumns(table.metadata, append, parent)
  const inherited = parent === undefined ? [] : await files.manifests(keyOf(storage, place, parent['manifest-list']))
  // What a staged load adds is found by the snapshot that its manifests name: a merged one would be taken for its own.
  const before =
    append.from === undefined
      ? await planMerge({ storage, files, now, newId }, table, append.snapshotId, inherited)
      : { manifests: inherited, merged: [] }
  const { snapshot, ref, manifests } = planAppend(table.metadata, append, before.manifests)
  const list: PlannedList = {
    key: manifestListKeyOf(table.directory, append.snapshotId, newId()),
    snapshotId: append.snapshotId,
    parentSnapshotId: snapshot['parent-snapshot-id'],
    sequenceNumber: snapshot['sequence-number'],
    manifests,
  }
  files.rememberManifests(list.key, manifests)
  const updates: readonly TableUpdate[] = [
    { action: 'add-snapshot', snapshot: { ...snapshot, 'timestamp-ms': now, 'manifest-list': urlOf(place, list.key) } },
    { action: 'set-snapshot-ref', 'ref-name': append.branch, ...ref },
  ]
  return {
    ...table,
    metadata: withoutLog(table.metadata, updates, now),
    merged: [...table.merged, ...before.merged],
    lists: [...table.lists, list],
  }
}

/** Rows that were written for a column that has been rewritten since would have no value in it: they are to be written again. */
function requireColumns(metadata: TableMetadata, { branch, from, schemaId }: AppendChange, parent?: Snapshot): void {
  const id = (from ?? branch) === 'main' ? metadata['current-schema-id'] : parent?.['schema-id']
  if (id === undefined || id === schemaId) return
  const [written, now] = [schemaId, id].map((one) => metadata.schemas.find((schema) => schema['schema-id'] === one))
  if (written && now && hasReplaced(written, now)) throw commitConflict('a column was rewritten meanwhile')
}

/** The table's last metadata file is in the log already. */
function withoutLog(metadata: TableMetadata, updates: readonly TableUpdate[], now: number): TableMetadata {
  return applyUpdates(metadata, [], updates, { now })
}
