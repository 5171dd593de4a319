import { isSluiceError, SluiceError } from '@sluice/core'
import type { LakeDatasetUpdate, LakeReceipt, LakeStore, LakeTableChange, LakeTransaction } from '@sluice/store'
import { encodeManifestList } from '../format/manifest-list.ts'
import { printMetadata } from '../format/print-metadata.ts'
import type { Platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { putMarker } from './commit-marker.ts'
import { takeTurn } from './commit-turn.ts'
import { datasetUpdates } from './dataset-updates.ts'
import type { CommitReceipt, LakeCommit } from './lake-catalog.ts'
import { entryOf } from './ledger.ts'
import { planCommit, type WorkingTables } from './plan-commit.ts'
import { pruneMetadata } from './prune-metadata.ts'
import type { TableFiles } from './table-files.ts'
import { changeOf, type WorkingTable, workingTable } from './working-table.ts'

/** A commit, and who waits for it. */
export interface PendingCommit {
  readonly commit: LakeCommit
  readonly resolve: (receipt: CommitReceipt) => void
  readonly reject: (error: unknown) => void
}

/** What making commits needs. */
export interface CommitContext {
  readonly store: LakeStore
  readonly storage: LakeStorage
  readonly files: TableFiles
  readonly platform: Platform
  readonly createdBy: string
  /** Tables without an owner are refused. */
  readonly requireOwner: boolean
  /** Milliseconds for which a store that does not answer is asked again. */
  readonly patienceMs: number
  /** Throws when this catalogue must not write the lake. */
  readonly requireOwn: () => Promise<void>
}

/** Commits that are not settled yet, by id, in their order. */
type Open = Map<string, PendingCommit>

/** What one try came to. `again`: some commits were taken out. `unknown`: the store did not answer the swap. */
type Outcome = 'done' | 'again' | 'lost' | { readonly unknown: unknown } | { readonly unreachable: unknown }

/** So many times others may be first: each time somebody makes progress. */
const mostLosses = 200
/** After so many a process waits for its turn. */
const lossesBeforeTurn = 3

/**
 * Makes commits of some tables together: one metadata file and one swap per table. A commit that is refused is taken out, and the
 * others are made without it; when another process was first, everything is read and planned again; when the store does not
 * answer, nobody knows whether it was done, and the same commits are sent again: their ids are taken once.
 *
 * Every commit is settled when this resolves. It never rejects.
 */
export async function commitGroup(context: CommitContext, group: readonly PendingCommit[]): Promise<void> {
  const open: Open = new Map(group.map((pending) => [pending.commit.id, pending]))
  try {
    await context.requireOwn()
    await makeAll(context, open)
  } catch (error) {
    for (const { reject } of open.values()) reject(error)
  }
}

async function makeAll(context: CommitContext, open: Open): Promise<void> {
  const { store, platform, patienceMs } = context
  const begin = platform.now()
  await using turns = new AsyncDisposableStack()
  let doubt: unknown
  for (let losses = 0; open.size > 0;) {
    const outcome = await makeOnce(context, open)
    if (outcome === 'lost') {
      losses += 1
      if (losses > mostLosses) throw new SluiceError('LAKE_COMMIT_CONFLICT', { reason: 'others were always first' })
      if (losses === lossesBeforeTurn) turns.use(await takeTurn(store, platform, firstTable(open)))
      else await platform.sleep(platform.random() * Math.min(2 ** losses, 50))
    } else if (typeof outcome === 'object') {
      if ('unknown' in outcome) doubt = outcome.unknown
      const error = 'unknown' in outcome ? outcome.unknown : outcome.unreachable
      if (platform.now() - begin > patienceMs) throw doubt === undefined ? error : commitUnknown(open, doubt)
      await platform.sleep(50)
    }
  }
}

/** One line is enough, and two could be waited for crosswise. */
function firstTable(open: Open): string {
  const [first = ''] = [...open.values()].flatMap(({ commit }) => commit.tables.map(({ name }) => name)).toSorted()
  return first
}

function commitUnknown(open: Open, cause: unknown): SluiceError {
  const [first] = open.values()
  const details = { table: first?.commit.tables[0]?.name, commits: [...open.keys()] }
  return new SluiceError('LAKE_COMMIT_UNKNOWN', details, { cause })
}

async function makeOnce(context: CommitContext, open: Open): Promise<Outcome> {
  let swapping = false
  try {
    if (await settleRepeated(context, open, [...open.keys()])) return 'again'
    const group = await planAll(context, open)
    if (open.size === 0) return 'done'
    const changes = await writeFiles(context, group.tables)
    swapping = true
    return await swap(context, open, group, changes)
  } catch (error) {
    if (!isSluiceError(error, 'STORE_UNAVAILABLE')) throw error
    return swapping ? { unknown: error } : { unreachable: error }
  }
}

/** Answers commits that were made before. True when there were some. */
async function settleRepeated({ store }: CommitContext, open: Open, ids: readonly string[]): Promise<boolean> {
  const receipts = await store.findLakeCommits(ids)
  for (const receipt of receipts) settle(open, receipt, true)
  return receipts.length > 0
}

function settle(open: Open, { commitId, tables }: LakeReceipt, repeated: boolean): void {
  open.get(commitId)?.resolve({ tables, repeated })
  open.delete(commitId)
}

/** What the commits of a group come to. */
interface PlannedGroup {
  readonly tables: WorkingTables
  /** By the commit's id: what it tells those who wait for its tables. */
  readonly updates: ReadonlyMap<string, readonly LakeDatasetUpdate[]>
}

/** Every open commit on top of those before it; those that are refused are settled. */
async function planAll(context: CommitContext, open: Open): Promise<PlannedGroup> {
  const tables = new Map(await readTables(context, open))
  const updates = new Map<string, readonly LakeDatasetUpdate[]>()
  const { storage, files, platform, requireOwner } = context
  for (const { commit, reject } of open.values()) {
    try {
      const plan = { storage, files, now: platform.now(), newId: platform.newId, requireOwner }
      const made = await planCommit(plan, tables, commit)
      await requireNoViews(context, made)
      updates.set(commit.id, datasetUpdates(commit, tables, made, platform.newId))
      for (const [name, table] of made) tables.set(name, table)
    } catch (error) {
      // It may be refused for what it has just done itself, when its first answer was lost.
      if (await settleRepeated(context, open, [commit.id])) continue
      open.delete(commit.id)
      reject(error)
    }
  }
  return { tables, updates }
}

/** A query would not know which of the two is meant. */
async function requireNoViews({ store }: CommitContext, made: WorkingTables): Promise<void> {
  for (const [name, { version, base }] of made) {
    if (version === 0 && base === undefined && (await store.findLakeView(name)) !== undefined)
      throw new SluiceError('TABLE_EXISTS', { table: name, problem: 'it is a view' })
  }
}

async function readTables({ store, files }: CommitContext, open: Open): Promise<readonly [string, WorkingTable][]> {
  const names = new Set([...open.values()].flatMap(({ commit }) => commit.tables.map(({ name }) => name)))
  const found = await Promise.all([...names].map((name) => store.findLakeTable(name)))
  return Promise.all(
    found
      .filter((pointer) => pointer !== undefined)
      .map(async (pointer): Promise<[string, WorkingTable]> => {
        return [pointer.name, workingTable(pointer, await files.metadata(pointer.metadataKey))]
      }),
  )
}

/** Manifests and the lists that name them, then the metadata files that name those. */
async function writeFiles(
  { storage, files, platform }: CommitContext,
  planned: WorkingTables,
): Promise<readonly LakeTableChange[]> {
  const changed = [...planned.values()].filter(({ base, metadata }) => base?.metadata !== metadata)
  const lists = changed.flatMap((table) => table.lists)
  const manifests = changed.flatMap((table) => table.merged)
  await Promise.all(manifests.map(({ key, bytes }) => storage.put(key, bytes, { ifAbsent: true })))
  await Promise.all(lists.map((list) => storage.put(list.key, encodeManifestList(list), { ifAbsent: true })))
  return Promise.all(
    changed.map(async (table) => {
      const change = changeOf(table, platform.newId)
      await storage.put(change.metadataKey, printMetadata(table.metadata), { ifAbsent: true })
      files.rememberMetadata(change.metadataKey, table.metadata)
      return change
    }),
  )
}

async function swap(
  context: CommitContext,
  open: Open,
  { tables: planned, updates }: PlannedGroup,
  tables: readonly LakeTableChange[],
): Promise<Outcome> {
  const commits = [...open.values()].map(({ commit }) =>
    entryOf(commit, planned, { createdBy: commit.by ?? context.createdBy, updates: updates.get(commit.id) ?? [] }),
  )
  try {
    const { repeated } = await context.store.commitLake({ commits, tables })
    if (repeated.length > 0) {
      await discard(context, planned, tables)
      for (const receipt of repeated) settle(open, receipt, true)
      return 'again'
    }
  } catch (error) {
    const outcome = refusal(open, error)
    await discard(context, planned, tables)
    return outcome
  }
  const marked = await Promise.all(
    tables.map((change) => putMarker(context.storage, change, commits, context.platform.now())),
  )
  for (const { id, tables: names } of commits) settle(open, receiptOf(id, names, { commits, tables }), false)
  if (!marked.includes(false)) await pruneMetadata(context.storage, planned)
  return 'done'
}

/** What the store says of what it did not do. Throws what says nothing of that. */
function refusal(open: Open, error: unknown): Outcome {
  const isOfOne = isSluiceError(error, 'LAKE_COMMIT_CONFLICT') && error.details['commit'] !== undefined
  if (isOfOne || isSluiceError(error, 'RUN_FENCED') || isSluiceError(error, 'LOAD_EXISTS')) {
    const id = String(error.details['commit'])
    const pending = open.get(id)
    if (pending === undefined) throw error
    open.delete(id)
    pending.reject(error)
    return 'again'
  }
  if (isSluiceError(error, 'LAKE_COMMIT_CONFLICT') || isSluiceError(error, 'TABLE_EXISTS')) return 'lost'
  throw error
}

/** Removes what was written for a swap that was refused: nothing names it. */
async function discard(
  { storage }: CommitContext,
  planned: WorkingTables,
  tables: readonly LakeTableChange[],
): Promise<void> {
  const lists = [...planned.values()].flatMap(({ merged, lists: own }) => [...merged, ...own].map(({ key }) => key))
  await storage.delete([...tables.map(({ metadataKey }) => metadataKey), ...lists]).catch(() => undefined)
}

function receiptOf(commitId: string, names: readonly string[], { tables }: LakeTransaction): LakeReceipt {
  const made = tables.filter(({ name }) => names.includes(name))
  return {
    commitId,
    tables: made.map(({ id, name, directory, metadataKey, expectedVersion }) => {
      return { id, name, directory, metadataKey, version: expectedVersion + 1 }
    }),
  }
}
