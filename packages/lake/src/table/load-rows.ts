import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { DatasetVersion, FileText, LoadEntry, LoadOperation } from '../catalog/lake-catalog.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { prepareLoad } from '../ingest/prepare-load.ts'
import type { LoadRequest } from '../ingest/load-request.ts'
import type { PreparedLoad } from '../ingest/prepared-load.ts'
import { writePrepared } from '../ingest/write-prepared.ts'
import type { LoadStage } from './checked-change.ts'
import { commitLoad, mostPlans } from './commit-load.ts'
import type { OpenLake } from './lake.ts'
import { cursorOf, type LoadCursor } from './load-cursor.ts'
import { RawLoad } from '../raw/raw-load.ts'
import { rawModeIn } from '../raw/raw-properties.ts'
import { stageRawLoad } from '../raw/read-raw.ts'
import { type LoadZone, openRawZone, type RawZone } from '../raw/raw-zone.ts'
import { type Resolution, ReplaySource, stageReplaySource } from './replay-source.ts'
import { repeatedResult } from './load-result.ts'
import { type MergeRequest, type MergeRule, mergeRule } from './merge-rule.ts'
import { columnRewriter } from './rewrite-columns.ts'
import { branchSchema } from './resolve-version.ts'
import { stageLoad } from './stage-load.ts'
import { type AnyTableOptions, sensitiveColumns, withKeptContract } from './table-properties.ts'
import { isRelation, stageQuery } from '../sql/query-source.ts'
import type { LoadOptions, LoadResult } from './types.ts'
import { announceWrites } from '../upkeep/announced-writes.ts'
import { targetOptions } from './target-options.ts'
import { findTable, type FoundTable } from './write-target.ts'

/** One load of one table. */
export interface RowLoad {
  readonly lake: OpenLake
  readonly table: string
  readonly operation: Exclude<LoadOperation, 'delete'>
  readonly source: unknown
  readonly tableOptions: AnyTableOptions
  readonly options: LoadOptions<Record<string, unknown>>
  readonly loadId: string
  readonly context: AttemptContext | undefined
  /** Of an overwrite: the rows that the source takes the place of. */
  readonly where?: Readonly<Record<string, unknown>>
  /** Of a merge. */
  readonly merge?: MergeRequest
  /** Of a fileset: what its files are found by once this is committed. */
  readonly found?: readonly FileText[]
  /** Of a query: what it has read. */
  readonly reads?: readonly DatasetVersion[]
  /** Of a replay: the rows that it takes from the quarantine. */
  readonly resolves?: Resolution
  /** Writes to a branch of its own, to be checked and published: what `main` holds stays as it is. */
  readonly stage?: LoadStage
  /** Where what its source gives is kept. */
  readonly zone?: RawZone
}

/**
 * Loads rows as one new snapshot. The same load again gives the same result, and nothing is done. What changes the table meanwhile is
 * looked at again: appends never conflict with each other, a replacement takes the place of whatever is there when it commits.
 */
export async function loadRows(load: RowLoad): Promise<LoadResult> {
  const raw = openRawZone({ ...load.lake, table: load.table, loadId: load.loadId })
  try {
    await using writer = announceWrites(load.lake)
    const result = await loadAnnounced({ ...load, lake: writer.lake, zone: raw })
    if (raw.isUsed) await raw.settle(await entryOf(load))
    return result
  } catch (error) {
    if (raw.isUsed) await settleFailed(load, raw, error)
    throw error
  }
}

async function entryOf({ lake, table, loadId }: RowLoad): Promise<LoadEntry | undefined> {
  const pointer = await lake.catalog.find(table)
  return pointer && (await lake.catalog.load(pointer.id, loadId))
}

/**
 * A load that failed for its source's sake asks it anew next time; one that was interrupted does not, where the run can come back to it. What is not known
 * to be nobody's stays, and goes with its age.
 */
async function settleFailed(load: RowLoad, raw: LoadZone, error: unknown): Promise<void> {
  const comesBack = load.context !== undefined && !isOfSource(error)
  if (comesBack || isSluiceError(error, 'LAKE_COMMIT_UNKNOWN')) return
  try {
    await raw.settle(await entryOf(load))
  } catch {
    // What has gone wrong with the load is what is to be told.
  }
}

async function loadAnnounced(load: RowLoad): Promise<LoadResult> {
  const { lake, context } = load
  using _busy = context?.busy()
  await using session = await (await lake.duck()).session(context && { signal: context.signal })
  for (let plans = 1; ; plans++) {
    const found = await findTable(lake.catalog, load.table)
    const known = found && (await lake.catalog.load(found.pointer.id, load.loadId))
    if (known && load.stage?.again !== true) return repeatedResult(known)
    try {
      return await withSource(load, session, (ready) => planAndCommit(ready, session, found))
    } catch (error) {
      const done = isMissing(error) ? await doneMeanwhile(load) : undefined
      if (done) return done
      if (plans === mostPlans || !isOvertaken(error)) throw error
      await lake.platform.sleep(lake.platform.random() * 20 * plans)
    }
  }
}

/** A query is run anew for every plan, and the quarantine read: they see their tables as they are then. */
async function withSource<T>(load: RowLoad, session: DuckSession, use: (load: RowLoad) => Promise<T>): Promise<T> {
  if (load.source instanceof ReplaySource) {
    await using rows = await stageReplaySource(load.lake, session, load.table, load.source)
    return await use({ ...load, source: rows.source, resolves: rows.resolves })
  }
  if (load.source instanceof RawLoad) {
    await using parts = await stageRawLoad(load.lake, load.source)
    return await use({ ...load, source: parts.source })
  }
  if (!isRelation(load.source)) return use(load)
  await using staged = await stageQuery(load.source, load.lake.storage.staging)
  return await use({ ...load, source: staged.source, reads: staged.reads })
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOENT', 'LAKE_FILE_NOT_FOUND'].includes(String(error.code))

/** The same load elsewhere was quicker, and has taken away what its source gave. */
async function doneMeanwhile(load: RowLoad): Promise<LoadResult | undefined> {
  if (load.stage?.again === true) return undefined
  const known = await entryOf(load)
  return known && repeatedResult(known)
}

function isOvertaken(error: unknown): boolean {
  return ['LAKE_COMMIT_CONFLICT', 'TABLE_EXISTS', 'LOAD_EXISTS'].some(
    (code) => isSluiceError(error) && error.code === code,
  )
}

/** A stream or a generator is spent: only who made it can make it again. */
export function canReadAgain(source: unknown): boolean {
  if (typeof source !== 'object' || source === null || Array.isArray(source) || source instanceof URL) return true
  return !(source instanceof ReadableStream) && !('next' in source)
}

function isOfSource(error: unknown): boolean {
  return isSluiceError(error) && error.code.startsWith('LOAD_') && error.code !== 'LOAD_EXISTS'
}

async function planAndCommit(load: RowLoad, session: DuckSession, found: FoundTable | undefined): Promise<LoadResult> {
  const { lake, options, context, stage } = load
  const branch = stage?.branch ?? options.branch ?? 'main'
  if (!stage) requireBranch(load.table, found, branch)
  const target = targetOptions(load, branch)
  const rule = load.merge && mergeRule(load.table, load.merge, load.tableOptions, found)
  // What a load has taken counts for `main`, which a staged one is to be published to.
  const ledger = stage ? 'main' : branch
  const cursor = await cursorOf(load, session, found, ledger)
  await using prepared = await prepareLoad(session, load.source, {
    ...requestOf(load, found, ledger, rule, cursor),
    ...(found && { canRewrite: columnRewriter(load, session, found, branch) }),
  })
  const { load: plan, written } = await writePrepared(prepared, (each) =>
    stageLoad(
      {
        lake,
        session,
        found,
        target,
        whole: load.operation === 'merge',
        resolves: load.resolves && { rows: load.resolves, loadId: load.loadId },
      },
      each,
    ),
  )
  await using _plan = plan
  await using staged = written
  const isNothing = !found || load.operation === 'append' || load.operation === 'merge'
  // No row, and a cursor that stands where it stood.
  const { records, filtered } = plan.counts
  if (records === filtered && plan.cursor === undefined && isNothing) return emptyResult(load, plan)
  await context?.requireOwned()
  // Awaited: the staged files go away with this function.
  return await commitLoad({ load, rule, cursor, session, plan, staged, branch, found })
}

/** Throws `TABLE_VERSION_NOT_FOUND`. */
export function requireBranch(table: string, found: FoundTable | undefined, branch: string): void {
  if (branch !== 'main' && found?.metadata.refs?.[branch]?.type !== 'branch')
    throw new SluiceError('TABLE_VERSION_NOT_FOUND', { table, version: branch })
}

function requestOf(
  load: RowLoad,
  found: FoundTable | undefined,
  branch: string,
  rule: MergeRule | undefined,
  cursor: LoadCursor | undefined,
): LoadRequest {
  const { lake, context, tableOptions } = load
  const metadata = found?.metadata
  const raw = tableOptions.raw ?? rawModeIn(metadata)
  return {
    table: metadata && { schema: branchSchema(metadata, branch), lastColumnId: metadata['last-column-id'] },
    options: load.options,
    declared: { ...declaredOf(tableOptions, metadata), ...(raw && { raw }) },
    ...(rule && { required: rule.key }),
    sensitive: sensitiveColumns(metadata?.properties),
    loadId: load.loadId,
    now: lake.platform.now(),
    staging: lake.storage.staging,
    raw: load.zone,
    signal: context?.signal ?? new AbortController().signal,
    cursor,
    ...(found &&
      load.stage?.again !== true && {
        loaded: (identities) => lake.catalog.loadedFiles(found.pointer.id, branch, identities),
      }),
  }
}

function declaredOf(
  options: AnyTableOptions,
  metadata: FoundTable['metadata'] | undefined,
): NonNullable<LoadRequest['declared']> {
  return withKeptContract(options, metadata?.properties) as NonNullable<LoadRequest['declared']>
}

/** A source without a record: no version is made, and no table. */
function emptyResult({ loadId, options, operation }: RowLoad, { change }: PreparedLoad): LoadResult {
  return {
    ...((operation === 'merge' || operation === 'overwrite') && { inserted: 0, updated: 0, deleted: 0 }),
    snapshot: undefined,
    loadId,
    rows: 0,
    rejected: 0,
    discarded: 0,
    filtered: 0,
    schemaChange: change,
    published: (options.branch ?? 'main') === 'main',
    repeated: false,
  }
}
