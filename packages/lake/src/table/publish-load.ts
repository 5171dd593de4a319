import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { CheckFinding } from '../catalog/findings.ts'
import type { LoadEntry, TableChange } from '../catalog/lake-catalog.ts'
import { provedKeys, provedUpdates } from '../checks/proved-keys.ts'
import { checksOf } from '../checks/stored-checks.ts'
import { runChecks } from '../checks/run-checks.ts'
import type { TableRequirement, TableUpdate } from '../format/table-update.ts'
import type { OpenLake } from './lake.ts'
import { baseSchemaProperty, ownerOf } from './commit-load.ts'
import { blockedError, isBlocking } from './blocked-error.ts'
import { leaveStage, leaving } from './leave-stage.ts'
import { rebaseLoad } from './rebase-load.ts'
import { isHopeless, type StagedSnapshot } from './staged-snapshot.ts'
import { resolveVersion, schemaOf } from './resolve-version.ts'
import { stageBranch } from './stage-branch.ts'
import { findTable, type FoundTable } from './write-target.ts'

/** A staged load that is to be checked and published. */
export interface Publication {
  readonly lake: OpenLake
  readonly table: string
  readonly loadId: string
  readonly context: AttemptContext | undefined
  /** Publishes in spite of checks that fail. */
  readonly force?: boolean
  /** Stages the load anew, of its source, where that can be read again. */
  readonly restage?: () => Promise<void>
  /** What the source gives depends on what `main` holds: its files are not put on top of anything else. */
  readonly readsMain?: boolean
}

/** So often the table may change while a load is checked. */
const mostTries = 50

/**
 * Checks a staged load on its branch, and lets `main` move to it: in one commit with its columns, the ledger, and what the checks
 * said. When `main` has moved meanwhile, the load is put on top of that, and checked again. Its steps may be repeated from the
 * beginning at any time: what is there says where it is.
 *
 * Throws `LOAD_BLOCKED` when a check that blocks fails: `main` is as it was, the branch stays, an incident is open.
 */
export async function publishLoad(publication: Publication): Promise<LoadEntry> {
  const { lake, context } = publication
  using _busy = context?.busy()
  for (let tries = 1; ; tries++) {
    try {
      const settled = await tryPublish(publication)
      if (settled) return settled
    } catch (error) {
      if (!isSluiceError(error, 'LAKE_COMMIT_CONFLICT') || tries >= mostTries || isHopeless(error)) throw error
      await lake.platform.sleep(lake.platform.random() * 20 * Math.min(tries, 10))
    }
  }
}

/** Undefined: it has been put on top of what `main` holds, and is to be looked at again. */
async function tryPublish(publication: Publication): Promise<LoadEntry | undefined> {
  const { lake, context, force } = publication
  context?.requireOpen()
  const staged = await findStaged(publication)
  if ('settled' in staged) return staged.settled
  if (hasMainMoved(staged)) {
    await rebaseOrRestage(publication, staged)
    return undefined
  }
  const findings = await checkStaged(publication, staged)
  const failed = findings.filter(isBlocking)
  if (failed.length === 0 || force === true) {
    const leave = await leaveStage(lake, staged.found, publication.loadId)
    const change = publishedChange(staged, findings, failed)
    return leaving(
      leave,
      commitEntry(publication, staged, { ...change, updates: [...change.updates, ...leave.updates] }),
    )
  }
  await commitEntry(publication, staged, blockedChange(publication, staged, findings, failed))
  throw await blockedError(lake, publication.table, publication.loadId, failed)
}

async function rebaseOrRestage({ restage, readsMain, context }: Publication, staged: StagedSnapshot): Promise<void> {
  if (restage && readsMain === true) return restage()
  try {
    await rebaseLoad(staged, context?.signal)
  } catch (error) {
    if (!restage || !isHopeless(error)) throw error
    await restage()
  }
}

/** The load on its branch; or what became of it. Throws `LOAD_NOT_FOUND`. */
export async function findStaged(
  publication: Pick<Publication, 'lake' | 'table' | 'loadId' | 'context'>,
): Promise<StagedSnapshot | { readonly settled: LoadEntry }> {
  const { lake, table, loadId, context } = publication
  const found = await findTable(lake.catalog, table)
  const entry = found && (await lake.catalog.load(found.pointer.id, loadId))
  if (!found || !entry) throw new SluiceError('LOAD_NOT_FOUND', { table, load: loadId })
  if (entry.state !== 'staged' && entry.state !== 'blocked') return { settled: entry }
  const branch = stageBranch(loadId)
  const id = found.metadata.refs?.[branch]?.['snapshot-id']
  const snapshot = found.metadata.snapshots?.find((one) => one['snapshot-id'] === id)
  // All of its rows were rejected or left out: there is nothing that could be checked.
  if (entry.snapshotId === undefined) return { settled: await settleEmpty({ lake, loadId, context }, found, entry) }
  if (!snapshot)
    throw new SluiceError('LOAD_NOT_FOUND', { table, load: loadId, problem: `its branch ${branch} is gone` })
  return { lake, found, entry, branch, snapshot, owner: context && ownerOf(context) }
}

/** What it did to `main` before, there is nothing of it any more: its branches go. */
async function settleEmpty(
  { lake, loadId, context }: Pick<Publication, 'lake' | 'loadId' | 'context'>,
  found: FoundTable,
  entry: LoadEntry,
): Promise<LoadEntry> {
  const load = { ...entry, state: 'published' } as const
  const leave = await leaveStage(lake, found, loadId)
  const { name } = found.pointer
  const commit = lake.catalog.commit({
    id: lake.platform.newId(),
    ...(context && { owner: ownerOf(context) }),
    tables: [
      { name, requirements: leave.requirements, updates: leave.updates, load, resolved: { loadId, note: 'published' } },
    ],
  })
  await leaving(leave, commit)
  return load
}

function hasMainMoved({ found: { metadata }, snapshot }: StagedSnapshot): boolean {
  const base = Number(snapshot.summary[baseSchemaProperty] ?? metadata['current-schema-id'])
  const main = metadata.refs?.['main']?.['snapshot-id']
  return snapshot['parent-snapshot-id'] !== main || base !== metadata['current-schema-id']
}

async function checkStaged(
  { lake, table, loadId, context }: Publication,
  { found, branch }: StagedSnapshot,
): Promise<readonly CheckFinding[]> {
  const view = { name: table, ...found, ...resolveVersion(table, found.metadata, branch) }
  const checks = checksOf(found.metadata.properties)
  const proved = provedKeys(found.metadata)
  return runChecks({ lake, view, checks, loadId, signal: context?.signal, proved })
}

type EntryChange = Pick<TableChange, 'updates' | 'checks' | 'incident' | 'resolved'> & { readonly load: LoadEntry }

async function commitEntry(
  { lake, table, context }: Publication,
  staged: StagedSnapshot,
  change: EntryChange,
): Promise<LoadEntry> {
  context?.requireOpen()
  await context?.requireOwned()
  await lake.catalog.commit({
    id: lake.platform.newId(),
    ...(staged.owner && { owner: staged.owner }),
    tables: [{ name: table, requirements: asFound(staged), ...change }],
  })
  return change.load
}

/** What was checked is what is there: `main`, the branch, and the columns. */
function asFound({ found: { metadata }, branch, snapshot }: StagedSnapshot): readonly TableRequirement[] {
  const main = metadata.refs?.['main']?.['snapshot-id'] ?? null
  return [
    { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
    { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': main },
    { type: 'assert-ref-snapshot-id', ref: branch, 'snapshot-id': snapshot['snapshot-id'] },
    { type: 'assert-current-schema-id', 'current-schema-id': metadata['current-schema-id'] },
  ]
}

function publishedChange(
  { found: { metadata }, snapshot, entry }: StagedSnapshot,
  checks: readonly CheckFinding[],
  failed: readonly CheckFinding[],
): EntryChange {
  const schemaId = snapshot['schema-id'] ?? metadata['current-schema-id']
  const moved = { ...metadata.refs?.['main'], 'snapshot-id': snapshot['snapshot-id'], type: 'branch' } as const
  const updates: readonly TableUpdate[] = [
    ...(schemaId === metadata['current-schema-id']
      ? []
      : [{ action: 'set-current-schema', 'schema-id': schemaId } as const]),
    { action: 'set-snapshot-ref', 'ref-name': 'main', ...moved },
    ...provedUpdates({ snapshot, schema: schemaOf(metadata, schemaId) }, checksOf(metadata.properties), checks),
  ]
  const names = failed.map(({ name }) => name).join(', ')
  const note = failed.length === 0 ? 'published' : `published by force, in spite of: ${names}`
  return { updates, checks, load: { ...entry, state: 'published' }, resolved: { loadId: entry.id, note } }
}

function blockedChange(
  { lake, loadId }: Publication,
  { snapshot, entry }: StagedSnapshot,
  checks: readonly CheckFinding[],
  failed: readonly CheckFinding[],
): EntryChange {
  const incident = {
    id: lake.platform.newId(),
    kind: 'blocked',
    loadId,
    snapshotId: String(snapshot['snapshot-id']),
    message: failed
      .map(({ name, message }) => `${name}: ${message ?? 'failed'}`)
      .join('; ')
      .slice(0, 4_000),
    detail: { rows: entry.counts.loaded, source: entry.source.slice(0, 1_000), checks: failed.map(({ name }) => name) },
  } as const
  return { updates: [], checks, load: { ...entry, state: 'blocked' }, incident }
}
