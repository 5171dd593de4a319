import { isSluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { LakeCommit, LoadCounts, LoadEntry, RowChanges, TableChange, TableLease } from '../catalog/lake-catalog.ts'
import { keyOf } from '../catalog/lake-paths.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { commitConflict } from '../format/commit-errors.ts'
import type { DataFile } from '../format/manifest.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import type { PreparedLoad } from '../ingest/prepared-load.ts'
import type { ChangeBase, PlannedRewrite } from './live-rows.ts'
import { cursorEntry, type LoadCursor, takenBy } from './load-cursor.ts'
import type { RowLoad } from './load-rows.ts'
import { targetOptions } from './target-options.ts'
import { loadResult } from './load-result.ts'
import type { MergeRule } from './merge-rule.ts'
import { type LoadRecipe, manifestName, recipeSummary } from './load-recipe.ts'
import type { OpenLake } from './lake.ts'
import { planLoad, requireInside } from './plan-load.ts'
import { resolvedChange } from './resolve-rows.ts'
import { withRewrittenFiles } from './rewrite-columns.ts'
import { rewriteSnapshot } from './rewrite-snapshot.ts'
import { inputUpdates, putInput, type StagedInput } from './staged-input.ts'
import { appendChange, putRows, type PutRows, type StagedLoad } from './stage-load.ts'
import type { LoadResult } from './types.ts'
import { added, writeManifest } from './write-manifest.ts'
import { existingTarget, findTable, type FoundTable, type WriteTarget } from './write-target.ts'

/** So often a table may change while a load plans what it does to it. */
export const mostPlans = 20

/** A load that is staged, on its way into the table that was found. */
export interface ReadyLoad {
  readonly load: RowLoad
  /** Of a merge. */
  readonly rule: MergeRule | undefined
  readonly cursor: LoadCursor | undefined
  readonly session: DuckSession
  readonly plan: PreparedLoad
  readonly staged: StagedLoad
  readonly branch: string
  readonly found: FoundTable | undefined
}

/** One try: what it does to the table, and what it has written for that alone. */
interface Try {
  readonly change: TableChange
  readonly counts: LoadCounts
  readonly changes?: RowChanges
  readonly files: readonly DataFile[]
  readonly target: WriteTarget
}

/**
 * Commits a staged load: the table's rows, its rejected rows and the ledger together, or none of them. What changes rows that are there
 * is planned on the table as it is, and anew when that has moved; the source is not asked again.
 */
export async function commitLoad(ready: ReadyLoad): Promise<LoadResult> {
  return new LoadCommit(ready).run()
}

class LoadCommit {
  readonly #ready: ReadyLoad
  #found: FoundTable | undefined

  constructor(ready: ReadyLoad) {
    this.#ready = ready
    this.#found = ready.found
  }

  async run(): Promise<LoadResult> {
    const { load, session, staged, plan, cursor } = this.#ready
    const { lake, context, reads, resolves, found } = load
    const { table, quarantine } = staged
    const summary = loadSummary(load.loadId, context)
    await requireInside(session, load, table)
    // A merge writes its rows with those that stay.
    const put =
      load.operation === 'merge'
        ? { snapshotId: lake.platform.newSnapshotId(), manifests: [], summary }
        : await putRows(lake, table, summary)
    const input = await this.#putInput()
    // What did not fit was kept when the load was staged first.
    const keeps = load.stage?.again === true ? undefined : quarantine
    const kept = keeps && { table: keeps, put: await putRows(lake, keeps, summary) }
    const rejected =
      kept && (resolves ? await resolvedChange(lake, kept.table, kept.put) : appendChange(kept.table, kept.put, 'main'))
    await using lease = await this.#lease()
    for (let plans = 1; ; plans++) {
      const tried = await this.#plan(put, input)
      const entry = this.#entry(tried)
      const commit: LakeCommit = {
        id: lake.platform.newId(),
        ...(context && { owner: ownerOf(context) }),
        ...(reads && { reads }),
        ...(found && { found }),
        tables: [
          { ...tried.change, ...leaseOf(lease), ...takenBy(tried.change, plan, load.loadId, cursor), load: entry },
          ...(rejected ? [rejected] : []),
        ],
      }
      try {
        context?.requireOpen()
        await lake.catalog.commit(commit)
        return loadResult(entry, plan.change)
      } catch (error) {
        if (isSluiceError(error, 'LAKE_COMMIT_CONFLICT'))
          await discardFiles({ lake, target: tried.target }, tried.files)
        if (plans === mostPlans || !this.#isOvertaken(error)) throw error
        await this.#lookAgain()
      }
    }
  }

  /**
   * From planning to commit, so that those who rewrite a table do not overtake each other for ever. What it holds by then is what is
   * planned on. A table that is to be made has nobody who waits.
   */
  async #lease(): Promise<TableLease | undefined> {
    const { load, found } = this.#ready
    const { lake, context, table } = load
    if (!this.#changesRows() || !found) return undefined
    const lease = await lake.catalog.lease(table, context && { signal: context.signal })
    try {
      await this.#lookAgain()
      return lease
    } catch (error) {
      await lease[Symbol.asyncDispose]()
      throw error
    }
  }

  /** An append that writes columns anew does, too. */
  #changesRows(): boolean {
    const { load, plan } = this.#ready
    return load.operation !== 'append' || plan.rewritten.length > 0
  }

  /** Rows that are staged for other columns do not fit any more; a query of this very table has to see what it holds now. */
  async #lookAgain(): Promise<void> {
    const { lake, table, reads, resolves } = this.#ready.load
    const now = await findTable(lake.catalog, table)
    const before = this.#found
    if (now && now.pointer.version === before?.pointer.version) return
    if (!now || !before || !isSameShape(now, before)) throw commitConflict('its columns have changed')
    if (resolves || reads?.some(({ dataset }) => dataset === table)) throw commitConflict('its rows were read')
    this.#found = now
  }

  /** A merge that waits is done again when `main` has moved: with the rows that it brought. */
  async #putInput(): Promise<StagedInput | undefined> {
    const { load, rule, session, staged } = this.#ready
    if (!load.stage || !rule || staged.rows === 0) return undefined
    return putInput(load.lake, session, staged.table, { loadId: load.loadId, rule })
  }

  async #plan(said: PutRows, input: StagedInput | undefined): Promise<Try> {
    const { load, rule, session, staged, plan, branch } = this.#ready
    const { counts } = plan
    const target = this.#target()
    const put = { ...said, summary: { ...said.summary, ...this.#stageSummary(said) } }
    if (!this.#changesRows()) return { change: this.#appendChange(put), counts, files: [], target }
    const from = load.stage && 'main'
    const { rewritten } = plan
    const base: ChangeBase = { lake: load.lake, session, table: load.table, target, branch, from, rewritten }
    const planned = await withRewrittenFiles(base, await planLoad(base, load, staged.table.staged, rule))
    const filtered = {
      ...counts,
      loaded: counts.loaded - planned.filtered,
      filtered: counts.filtered + planned.filtered,
    }
    const rewrite = await rewriteChange(base, planned, put, this.#found !== undefined)
    const change = input ? await withInput(load.lake, target, rewrite, input) : rewrite
    const changes = load.operation === 'append' ? {} : { changes: planned.changes }
    return { change, counts: filtered, ...changes, files: planned.files, target }
  }

  /** As the load was staged for; on a table that has moved since, with what it holds now. */
  #target(): WriteTarget {
    const { load, staged, plan, found, branch } = this.#ready
    const { target } = staged.table
    if (this.#found === undefined || this.#found === found) return target
    return existingTarget(this.#found, plan.schemaUpdates, targetOptions(load, branch))
  }

  /** A staged append begins its branch anew, while nobody else does. */
  #appendChange(put: PutRows): TableChange {
    const { load, staged, branch } = this.#ready
    const change = appendChange(staged.table, put, branch)
    if (!load.stage || !change.append) return change
    const id = this.#found?.metadata.refs?.[branch]?.['snapshot-id'] ?? null
    const held = { type: 'assert-ref-snapshot-id', ref: branch, 'snapshot-id': id } as const
    // A table that is being made has no branches.
    const requirements = this.#found ? [...change.requirements, held] : change.requirements
    return { ...change, requirements, append: { ...change.append, from: 'main' } }
  }

  #stageSummary({ manifests }: PutRows): Readonly<Record<string, string>> {
    const { load, rule, staged } = this.#ready
    if (!load.stage) return {}
    const { where, reads, table } = load
    return stagedSummary(this.#found?.metadata ?? staged.table.target.metadata, {
      ...(rule && { merge: rule }),
      ...(where && { where }),
      ...(load.operation === 'overwrite' && { manifests: manifests.map(({ path }) => manifestName(path)) }),
      ...(reads?.some(({ dataset }) => dataset === table) === true && { readsTable: true }),
    })
  }

  /** Not what lost its lease, and nothing that may have been committed. */
  #isOvertaken(error: unknown): boolean {
    const isConflict = isSluiceError(error, 'LAKE_COMMIT_CONFLICT') && error.details['commit'] === undefined
    return isConflict && this.#changesRows() && this.#found !== undefined
  }

  #entry({ change: { append, updates }, counts, changes }: Try): LoadEntry {
    const { load, plan, branch, cursor } = this.#ready
    const made = updates.find((update) => update.action === 'add-snapshot')
    return {
      id: load.loadId,
      branch: load.stage ? 'main' : branch,
      operation: load.operation,
      state: load.stage ? 'staged' : 'committed',
      snapshotId: append?.snapshotId ?? made?.snapshot['snapshot-id'],
      source: plan.source,
      ...(plan.raw.length > 0 && { raw: plan.raw }),
      counts,
      ...(changes && load.operation !== 'replace' && { changes }),
      ...cursorEntry(plan, cursor),
    }
  }
}

/** Of a staged snapshot: the schema that its table had on `main`. */
export const baseSchemaProperty = 'sluice.base-schema-id'

/** What a staged snapshot says of itself: by the schema that `main` had its publication knows what has changed meanwhile. */
export function stagedSummary(metadata: TableMetadata, recipe: LoadRecipe): Readonly<Record<string, string>> {
  return { [baseSchemaProperty]: String(metadata['current-schema-id']), ...recipeSummary(recipe) }
}

/** Nothing waits where nothing was made. */
async function withInput(
  lake: OpenLake,
  target: WriteTarget,
  change: TableChange,
  input: StagedInput,
): Promise<TableChange> {
  if (!change.updates.some(({ action }) => action === 'add-snapshot')) return change
  return { ...change, updates: [...change.updates, ...(await inputUpdates(lake, target, input))] }
}

/** What was written for a plan that did not hold is nobody's. */
export async function discardFiles(
  { lake: { storage }, target }: Pick<ChangeBase, 'lake' | 'target'>,
  files: readonly DataFile[],
): Promise<void> {
  await storage.delete(files.map(({ path }) => keyOf(storage, target, path))).catch(() => undefined)
}

export function leaseOf(lease: TableLease | undefined): Pick<TableChange, 'lease'> {
  return lease === undefined ? {} : { lease: lease.epoch }
}

function isSameShape({ metadata: one }: FoundTable, { metadata: other }: FoundTable): boolean {
  return (['table-uuid', 'current-schema-id', 'last-column-id', 'default-spec-id'] as const).every(
    (name) => one[name] === other[name],
  )
}

/** The change of a table that a plan comes to: nothing but the ledger's when it changes no file. */
export async function rewriteChange(
  { lake, target, branch, from }: ChangeBase,
  { removed, files, operation }: PlannedRewrite,
  { snapshotId, manifests, summary }: PutRows,
  isThere: boolean,
): Promise<TableChange> {
  const { change, directory, metadata } = target
  const own =
    files.length === 0
      ? []
      : [
          await writeManifest(lake.storage, lake.platform, {
            ...target,
            content: 'data',
            entries: added(files),
            snapshotId,
          }),
        ]
  const news = [...manifests, ...own]
  if (removed !== 'all' && removed.size + news.length === 0) return change
  const size = files.reduce((sum, file) => sum + file.size, Number(summary['added-files-size'] ?? 0))
  const { requirements, updates } = await rewriteSnapshot(lake, {
    directory,
    metadata,
    branch,
    ...(from && { from }),
    snapshotId,
    schemaId: target.schemaId,
    removed,
    added: news,
    operation,
    summary: news.length === 0 ? summary : { ...summary, 'added-files-size': String(size) },
  })
  // A table that is being made has no branch that could have moved.
  const held = isThere ? [...change.requirements, ...requirements] : change.requirements
  return { ...change, requirements: held, updates: [...change.updates, ...updates] }
}

/** Who made a snapshot. */
export function loadSummary(loadId: string, context: AttemptContext | undefined): Readonly<Record<string, string>> {
  return {
    'sluice.load-id': loadId,
    ...(context && { 'sluice.run-id': context.runId }),
    ...(context?.taskRunId !== undefined && { 'sluice.task-run-id': context.taskRunId }),
  }
}

export function ownerOf({ rootId, epoch, taskRunId }: AttemptContext): NonNullable<LakeCommit['owner']> {
  return { rootId, epoch, ...(taskRunId !== undefined && { taskRunId }) }
}
