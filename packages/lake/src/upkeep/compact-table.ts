import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { TableLease } from '../catalog/lake-catalog.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { contentProperty, datasetContent } from '../format/dataset-version.ts'
import type { DataFile } from '../format/manifest.ts'
import { discardFiles, leaseOf, rewriteChange } from '../table/commit-load.ts'
import type { OpenLake } from '../table/lake.ts'
import { type ChangeBase, columnsOf, liveRows, putSelect } from '../table/live-rows.ts'
import { requireOptions } from '../table/require-options.ts'
import type { CompactOptions, CompactResult } from '../table/upkeep-types.ts'
import { existingTarget, findTable, type FoundTable } from '../table/write-target.ts'
import { announceWrites } from './announced-writes.ts'
import { type LiveEntry, planCompaction } from './plan-compaction.ts'

/** In bytes. */
const defaultTarget = 128 * 1_048_576
const leastFiles = 5
/** So often a table may change while it is compacted. */
const mostPlans = 20

export interface CompactRequest extends CompactOptions {
  /** So many small files of a partition are worth it. */
  readonly leastFiles?: number
}

/**
 * Writes small files of a partition, and files from which rows were deleted by position, together as larger ones. The rows stay what they
 * are, and the table's version with them: a snapshot of the operation `replace`. What is appended meanwhile stays.
 *
 * Throws `TABLE_NOT_FOUND`, `OPTION_INVALID`, `LAKE_COMMIT_CONFLICT`.
 */
export async function compactTable(
  lake: OpenLake,
  name: string,
  request: CompactRequest = {},
  context?: AttemptContext,
): Promise<CompactResult> {
  requireOptions('compact', request, ['targetBytes', 'leastFiles'])
  const { targetBytes = defaultTarget } = request
  if (!Number.isFinite(targetBytes) || targetBytes < 1)
    throw new SluiceError('OPTION_INVALID', { option: 'targetBytes', problem: 'it must be a number of bytes' })
  if (!(await lake.catalog.find(name))) throw new SluiceError('TABLE_NOT_FOUND', { table: name })
  await using writer = announceWrites(lake)
  await using session = await (await lake.duck()).session(context && { signal: context.signal })
  await using lease = await lake.catalog.lease(name, context && { signal: context.signal })
  const compaction = new Compaction({ lake: writer.lake, session, lease, name, context })
  return await compaction.run({ targetBytes, leastFiles: request.leastFiles ?? leastFiles })
}

interface CompactionParts {
  readonly lake: OpenLake
  readonly session: DuckSession
  readonly lease: TableLease
  readonly name: string
  readonly context: AttemptContext | undefined
}

class Compaction {
  readonly #parts: CompactionParts

  constructor(parts: CompactionParts) {
    this.#parts = parts
  }

  async run(rule: { readonly targetBytes: number; readonly leastFiles: number }): Promise<CompactResult> {
    const { lake, name } = this.#parts
    for (let plans = 1; ; plans++) {
      const found = await this.#found()
      const specId = found.metadata['default-spec-id']
      const bins = planCompaction(await liveEntries(lake, found), { ...rule, specId })
      if (bins.length === 0) return { table: name, snapshot: undefined, files: 0, into: 0, bytes: 0 }
      const result = await this.#compact(found, bins)
      if (result) return result
      if (plans === mostPlans)
        throw new SluiceError('LAKE_COMMIT_CONFLICT', { table: name, reason: 'others were always first' })
    }
  }

  async #found(): Promise<FoundTable> {
    const { lake, name } = this.#parts
    const found = await findTable(lake.catalog, name)
    if (!found) throw new SluiceError('TABLE_NOT_FOUND', { table: name })
    return found
  }

  /** Undefined: what was to be written together is not there any more, or has other columns. */
  async #compact(found: FoundTable, bins: readonly (readonly LiveEntry[])[]): Promise<CompactResult | undefined> {
    const { lake, name } = this.#parts
    const removed = new Set(bins.flat().map(({ file }) => file.path))
    const files = await this.#write(this.#base(found), bins)
    const snapshotId = lake.platform.newSnapshotId()
    let now = found
    for (let tries = 1; tries <= mostPlans; tries++) {
      try {
        await this.#commit(now, { removed, files, snapshotId })
        const bytes = files.reduce((sum, { size }) => sum + size, 0)
        return { table: name, snapshot: String(snapshotId), files: removed.size, into: files.length, bytes }
      } catch (error) {
        // Nothing that may have been committed.
        if (!isSluiceError(error, 'LAKE_COMMIT_CONFLICT') || error.details['commit'] !== undefined) throw error
        const next = await this.#found()
        // Nobody has moved the table: it is the files that are gone.
        const isStuck = next.pointer.version === now.pointer.version
        if (isStuck || next.metadata['current-schema-id'] !== found.metadata['current-schema-id']) break
        now = next
      }
    }
    await discardFiles(this.#base(found), files)
    return undefined
  }

  #base(found: FoundTable): ChangeBase {
    const { lake, session, name } = this.#parts
    const { platform, storage } = lake
    const target = existingTarget(found, [], { name, storageUrl: storage.url, options: {}, platform })
    return { lake, session, table: name, target, branch: 'main' }
  }

  /** The first bins of all partitions at once, then the second ones: so that each bin becomes a file. */
  async #write(base: ChangeBase, bins: readonly (readonly LiveEntry[])[]): Promise<readonly DataFile[]> {
    const written: DataFile[] = []
    for (const round of roundsOf(bins, base.target.spec.fields.length > 0)) {
      await using rows = await liveRows(base, { only: new Set(round.map(({ file }) => file.path)) })
      const [{ n } = { n: -1 }] = await base.session.all<{ readonly n: number | bigint }>(
        `SELECT count(*) AS n FROM ${rows.item}`,
      )
      const put = await putSelect(base, `SELECT ${columnsOf(base)} FROM ${rows.item}`)
      written.push(...put.files)
      if (Number(n) !== put.rows)
        throw new SluiceError('LOAD_COUNT_MISMATCH', { source: base.table, problem: `${n} rows became ${put.rows}` })
    }
    return written
  }

  async #commit(
    found: FoundTable,
    {
      removed,
      files,
      snapshotId,
    }: { readonly removed: ReadonlySet<string>; readonly files: readonly DataFile[]; readonly snapshotId: bigint },
  ): Promise<void> {
    const { lake, lease, context } = this.#parts
    const base = this.#base(found)
    const planned = {
      removed,
      files,
      operation: 'replace',
      changes: { inserted: 0, updated: 0, deleted: 0 },
      filtered: 0,
    } as const
    const content = datasetContent(found.metadata).snapshotId
    const summary = content === undefined ? {} : { [contentProperty]: String(content) }
    const change = await rewriteChange(base, planned, { snapshotId, manifests: [], summary }, true)
    context?.requireOpen()
    await lake.catalog.commit({
      id: lake.platform.newId(),
      ...(context && { owner: { rootId: context.rootId, epoch: context.epoch } }),
      tables: [{ ...change, ...leaseOf(lease) }],
    })
  }
}

function roundsOf(bins: readonly (readonly LiveEntry[])[], partitioned: boolean): readonly (readonly LiveEntry[])[] {
  if (!partitioned) return bins
  const seen = new Map<string, number>()
  const rounds: LiveEntry[][] = []
  for (const bin of bins) {
    const partition = String(bin[0]?.file.partition.map(String))
    const at = seen.get(partition) ?? 0
    seen.set(partition, at + 1)
    ;(rounds[at] ??= []).push(...bin)
  }
  return rounds
}

/** What `main` consists of. */
async function liveEntries(lake: OpenLake, { pointer, metadata }: FoundTable): Promise<readonly LiveEntry[]> {
  const id = metadata.refs?.['main']?.['snapshot-id']
  const snapshot = metadata.snapshots?.find((each) => each['snapshot-id'] === id)
  if (!snapshot) return []
  const place = { location: metadata.location, directory: pointer.directory }
  const lists = await Promise.all(
    (await lake.manifests.list(place, snapshot['manifest-list'])).map(async (manifest) =>
      (await lake.manifests.entries(place, manifest)).flatMap((entry): readonly LiveEntry[] =>
        entry.status === 'deleted' ? [] : [{ ...entry, specId: manifest.specId }],
      ),
    ),
  )
  return lists.flat()
}
