import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { DatasetVersion, LakeCommit, LoadEntry, TableChange } from '../catalog/lake-catalog.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { prepareLoad } from '../ingest/prepare-load.ts'
import type { LoadRequest } from '../ingest/load-request.ts'
import type { PreparedLoad } from '../ingest/prepared-load.ts'
import { writePrepared } from '../ingest/write-prepared.ts'
import type { OpenLake } from './lake.ts'
import { type Resolution, ReplaySource, stageReplaySource } from './replay-source.ts'
import { resolvedChange } from './resolve-rows.ts'
import { schemaOf } from './resolve-version.ts'
import { rewriteSnapshot } from './rewrite-snapshot.ts'
import { appendChange, putRows, type PutRows, stageLoad, type StagedLoad } from './stage-load.ts'
import type { AnyTableOptions } from './table-properties.ts'
import { isRelation, stageQuery } from '../sql/query-source.ts'
import type { LoadOptions, LoadResult } from './types.ts'
import { existingTarget, findTable, type FoundTable, type TargetOptions } from './write-target.ts'

/** One load of one table. */
export interface RowLoad {
  readonly lake: OpenLake
  readonly table: string
  readonly operation: 'append' | 'replace'
  readonly source: unknown
  readonly tableOptions: AnyTableOptions
  readonly options: LoadOptions<Record<string, unknown>>
  readonly loadId: string
  readonly context: AttemptContext | undefined
  /** Of a query: what it has read. */
  readonly reads?: readonly DatasetVersion[]
  /** Of a replay: the rows that it takes from the quarantine. */
  readonly resolves?: Resolution
}

/** So often a table may change while a load plans what it does to it. */
const mostPlans = 20

/**
 * Loads rows as one new snapshot. The same load again gives the same result, and nothing is done. What changes the table meanwhile is
 * looked at again: appends never conflict with each other, a replacement takes the place of whatever is there when it commits.
 */
export async function loadRows(load: RowLoad): Promise<LoadResult> {
  const { lake, context } = load
  using _busy = context?.busy()
  await using session = await (await lake.duck()).session(context && { signal: context.signal })
  for (let plans = 1; ; plans++) {
    const found = await findTable(lake.catalog, load.table)
    const known = found && (await lake.catalog.load(found.pointer.id, load.loadId))
    if (known) return repeatedResult(known)
    try {
      return await withSource(load, session, (ready) => planAndCommit(ready, session, found))
    } catch (error) {
      if (plans === mostPlans || !isOvertaken(error) || !canReadAgain(load.source)) throw error
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
  if (!isRelation(load.source)) return use(load)
  await using staged = await stageQuery(load.source, load.lake.storage.staging)
  return await use({ ...load, source: staged.source, reads: staged.reads })
}

function isOvertaken(error: unknown): boolean {
  return ['LAKE_COMMIT_CONFLICT', 'TABLE_EXISTS', 'LOAD_EXISTS'].some(
    (code) => isSluiceError(error) && error.code === code,
  )
}

/** A stream or a generator is spent: only who made it can make it again. */
function canReadAgain(source: unknown): boolean {
  if (typeof source !== 'object' || source === null || Array.isArray(source) || source instanceof URL) return true
  return !(source instanceof ReadableStream) && !('next' in source)
}

async function planAndCommit(load: RowLoad, session: DuckSession, found: FoundTable | undefined): Promise<LoadResult> {
  const { lake, options, context } = load
  const branch = options.branch ?? 'main'
  requireBranch(load.table, found, branch)
  const target: TargetOptions = {
    name: load.table,
    storageUrl: lake.storage.url,
    options: load.tableOptions,
    platform: lake.platform,
  }
  await using prepared = await prepareLoad(session, load.source, requestOf(load, found, branch))
  const { load: plan, written } = await writePrepared(prepared, (each) =>
    stageLoad(
      { lake, session, found, target, resolves: load.resolves && { rows: load.resolves, loadId: load.loadId } },
      each,
    ),
  )
  await using _plan = plan
  await using staged = written
  if (plan.counts.records === 0 && (!found || load.operation === 'append')) return emptyResult(load, plan)
  await context?.requireOwned()
  // Awaited: the staged files go away with this function.
  return await new LoadCommit(load, plan, staged, branch, found).run()
}

function requireBranch(table: string, found: FoundTable | undefined, branch: string): void {
  if (branch !== 'main' && found?.metadata.refs?.[branch]?.type !== 'branch')
    throw new SluiceError('TABLE_VERSION_NOT_FOUND', { table, version: branch })
}

function requestOf(load: RowLoad, found: FoundTable | undefined, branch: string): LoadRequest {
  const { lake, context, tableOptions } = load
  const metadata = found?.metadata
  return {
    table: metadata && { schema: schemaOf(metadata, undefined), lastColumnId: metadata['last-column-id'] },
    options: load.options,
    declared: tableOptions as NonNullable<LoadRequest['declared']>,
    loadId: load.loadId,
    now: lake.platform.now(),
    staging: lake.storage.staging,
    signal: context?.signal ?? new AbortController().signal,
    ...(found && { loaded: (identities) => lake.catalog.loadedFiles(found.pointer.id, branch, identities) }),
  }
}

/** The commit of a staged load: the table's rows, its rejected rows and the ledger together, or none of them. */
class LoadCommit {
  readonly #load: RowLoad
  readonly #plan: PreparedLoad
  readonly #staged: StagedLoad
  readonly #branch: string
  #found: FoundTable | undefined

  constructor(load: RowLoad, plan: PreparedLoad, staged: StagedLoad, branch: string, found: FoundTable | undefined) {
    this.#load = load
    this.#plan = plan
    this.#staged = staged
    this.#branch = branch
    this.#found = found
  }

  async run(): Promise<LoadResult> {
    const { lake, operation, context, reads, resolves } = this.#load
    const { table, quarantine } = this.#staged
    const put = await putRows(lake, table, this.#summary())
    const kept = quarantine && { table: quarantine, put: await putRows(lake, quarantine, this.#summary()) }
    const rejected =
      kept && (resolves ? await resolvedChange(lake, kept.table, kept.put) : appendChange(kept.table, kept.put, 'main'))
    for (let plans = 1; ; plans++) {
      const change =
        operation === 'append' ? appendChange(table, put, this.#branch) : await this.#replaceChange(put, plans)
      const entry = this.#entry(change)
      const commit: LakeCommit = {
        id: lake.platform.newId(),
        ...(context && { owner: ownerOf(context) }),
        ...(reads && { reads }),
        tables: [{ ...change, load: entry, files: this.#plan.files }, ...(rejected ? [rejected] : [])],
      }
      try {
        context?.requireOpen()
        await lake.catalog.commit(commit)
        return this.#result(entry)
      } catch (error) {
        if (plans === mostPlans || !(await this.#canGoAgain(error))) throw error
      }
    }
  }

  /** A replacement whose table has got other rows meanwhile, and still the same columns: the files that are written fit. */
  async #canGoAgain(error: unknown): Promise<boolean> {
    const { lake, operation, table } = this.#load
    if (operation === 'append' || !this.#found || !isSluiceError(error, 'LAKE_COMMIT_CONFLICT')) return false
    const before = this.#found.metadata
    const now = await findTable(lake.catalog, table)
    const same = (name: 'table-uuid' | 'current-schema-id' | 'last-column-id' | 'default-spec-id'): boolean =>
      now?.metadata[name] === before[name]
    if (
      !now ||
      !same('table-uuid') ||
      !same('current-schema-id') ||
      !same('last-column-id') ||
      !same('default-spec-id')
    )
      return false
    this.#found = now
    return true
  }

  async #replaceChange(put: PutRows, plans: number): Promise<TableChange> {
    const { lake, table, tableOptions } = this.#load
    const options: TargetOptions = {
      name: table,
      storageUrl: lake.storage.url,
      options: tableOptions,
      platform: lake.platform,
    }
    const { target } = this.#staged.table
    const fresh = this.#found && plans > 1 ? existingTarget(this.#found, this.#plan.schemaUpdates, options) : target
    const { requirements, updates } = await rewriteSnapshot(lake, {
      directory: fresh.directory,
      metadata: fresh.metadata,
      branch: this.#branch,
      snapshotId: put.snapshotId,
      removed: 'all',
      added: put.manifests,
      operation: 'overwrite',
      summary: put.summary,
    })
    const { change } = fresh
    // A table that is being made has no branch that could have moved.
    const held = this.#found ? [...change.requirements, ...requirements] : change.requirements
    return { ...change, requirements: held, updates: [...change.updates, ...updates] }
  }

  #summary(): Readonly<Record<string, string>> {
    const { loadId, context } = this.#load
    return {
      'sluice.load-id': loadId,
      ...(context && { 'sluice.run-id': context.runId }),
      ...(context?.taskRunId !== undefined && { 'sluice.task-run-id': context.taskRunId }),
    }
  }

  #entry({ append, updates }: TableChange): LoadEntry {
    const { loadId, operation } = this.#load
    const { counts, source, cursor } = this.#plan
    const made = updates.find((update) => update.action === 'add-snapshot')
    return {
      id: loadId,
      branch: this.#branch,
      operation,
      state: 'committed',
      snapshotId: append?.snapshotId ?? made?.snapshot['snapshot-id'],
      source,
      counts,
      ...(cursor !== undefined && { cursor }),
    }
  }

  #result(entry: LoadEntry): LoadResult {
    return { ...resultOf(entry), schemaChange: this.#plan.change, repeated: false }
  }
}

function ownerOf({ rootId, epoch, taskRunId }: AttemptContext): NonNullable<LakeCommit['owner']> {
  return { rootId, epoch, ...(taskRunId !== undefined && { taskRunId }) }
}

const unchanged: LoadResult['schemaChange'] = { added: [], widened: [], missing: [] }

function resultOf({ id, branch, snapshotId, counts }: LoadEntry): Omit<LoadResult, 'repeated' | 'schemaChange'> {
  return {
    snapshot: snapshotId === undefined ? undefined : String(snapshotId),
    loadId: id,
    rows: counts.loaded,
    rejected: counts.quarantined,
    published: branch === 'main',
  }
}

function repeatedResult(entry: LoadEntry): LoadResult {
  return { ...resultOf(entry), schemaChange: unchanged, repeated: true }
}

/** A source without a record: no version is made, and no table. */
function emptyResult({ loadId, options }: RowLoad, { change }: PreparedLoad): LoadResult {
  return {
    snapshot: undefined,
    loadId,
    rows: 0,
    rejected: 0,
    schemaChange: change,
    published: (options.branch ?? 'main') === 'main',
    repeated: false,
  }
}
