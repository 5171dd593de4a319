import { attemptContext, type AttemptContext, cacheVersion, type StandardSchema } from '@sluice/engine'
import { optionsOf } from '../ingest/source/options-of.ts'
import type { ReplayOptions } from '../ingest/replay/replay-options.ts'
import { RawLoad } from '../raw/raw-load.ts'
import { type LakeFinding, lakeFinding } from '../lineage/lake-finding.ts'
import { lakeSql } from '../sql/lake-sql.ts'
import { lakeReleases } from '../release/lake-releases.ts'
import type { LakeReleases } from '../release/release-types.ts'
import { requireLoadOptions, requireReadOptions, requireTableOptions } from './known-options.ts'
import { loadIdOf } from './load-identity.ts'
import type { LoadOperation } from '../catalog/lake-catalog.ts'
import type { MergeRequest } from './merge-rule.ts'
import { windowLoadId, withWindow } from './load-window.ts'
import type { AnyTableOptions } from './table-properties.ts'
import type {
  ChangeResult,
  ColumnRef,
  DeleteOptions,
  LoadOptions,
  LoadResult,
  ReadOptions,
  ReplayResult,
  RowOf,
  Table,
  TableOptions,
  TableView,
  Version,
} from './types.ts'
import { type LakeCare, lakeCare } from './lake-care.ts'
import { tableHistory } from './table-history.ts'
import { tableTrust } from './table-trust.ts'
import { dropTable, tableUpkeep } from './upkeep.ts'
import type { DropOptions, DropResult } from './upkeep-types.ts'
import { requireWritable } from './quarantine-table.ts'
import { requireOptions } from './require-options.ts'

/**
 * A table of the lake. Nothing is opened or made before it is used; the first load makes the table.
 *
 * @example
 * const trips = table('bronze.trips', { owner: 'data@example.org', partitionBy: [day('pickup_at')] })
 * await trips.append('trips-2026-01.csv.gz')
 */
export function table<Schema extends StandardSchema | undefined = undefined>(
  name: string,
  options: TableOptions<Schema> = {},
): Table<RowOf<Schema>> {
  return createTable(name, options)
}

/** The lake: its tables by name. */
export const lake: LakeFinding &
  LakeReleases &
  LakeCare & {
    /** A table that is there, or that a load makes, without anything said of it. */
    table(name: string): Table
    readonly sql: typeof lakeSql
    /** What the source of a load gave: to be looked at, or loaded again. */
    raw(table: string | { readonly name: string }, loadId: string): RawLoad
    /** Drops a table: its name is free again. Its files stay, or go an hour later (`purge`). Throws `TABLE_NOT_FOUND`. */
    drop(table: string | { readonly name: string }, options?: DropOptions): Promise<DropResult>
  } = {
  table: (name) => createTable(name, {}),
  sql: lakeSql,
  raw: (of, loadId) => new RawLoad(typeof of === 'string' ? of : of.name, loadId),
  drop: dropTable,
  ...lakeFinding,
  ...lakeCare,
  ...lakeReleases(view),
}

function createTable<Row extends object>(name: string, tableOptions: AnyTableOptions): Table<Row> {
  requireTableOptions(tableOptions)
  const load = (call: Pick<LoadCall, 'operation' | 'source' | 'merge' | 'where'>, options: LoadOptions<Row> = {}) =>
    loadInto({ ...call, name, tableOptions, options, context: attemptContext() })
  return {
    name,
    append: (source, options) => load({ operation: 'append', source }, options),
    replace: (source, options) => load({ operation: 'replace', source }, options),
    merge: (source, { key, mode, sequenceBy, ...options } = {}) =>
      load(
        { operation: 'merge', source, merge: mergeRequest({ key, mode, sequenceBy }) },
        options,
      ) as Promise<ChangeResult>,
    overwrite: (source, { where, ...options }) =>
      load({ operation: 'overwrite', source, where: where ?? {} }, options) as Promise<ChangeResult>,
    raw: (loadId) => new RawLoad(name, loadId),
    delete: (options) => deleteFrom(name, tableOptions, options, attemptContext()),
    replay: (options) => replay(name, tableOptions, options),
    at: (version) => view(name, version),
    col: (column): ColumnRef => ({ table: name, column }),
    ...reading<Row>(name, undefined),
    ...tableUpkeep<Row>(name),
    ...tableHistory(name),
    ...tableTrust(name, tableOptions),
  }
}

interface LoadCall {
  readonly name: string
  readonly tableOptions: AnyTableOptions
  readonly operation: Exclude<LoadOperation, 'delete'>
  readonly source: unknown
  readonly merge?: MergeRequest
  readonly where?: Readonly<Record<string, unknown>>
  readonly options: LoadOptions<Record<string, unknown>>
  readonly context: AttemptContext | undefined
}

/** Async, so that what is wrong with a call rejects; up to its first await it runs at once, so that loads are counted in order. */
async function loadInto({ name, options: said, context, ...call }: LoadCall): Promise<LoadResult> {
  context?.requireOpen()
  requireWritable(name)
  requireLoadOptions(call.operation, said)
  const given = { ...optionsOf(call.source), ...said }
  const branch = given.branch ?? 'main'
  const cursor = given.cursor && withWindow(given.cursor, context)
  const options = cursor ? { ...given, cursor } : given
  const loadId = loadIdOf({ table: name, branch, ...call }, given.id ?? (cursor && windowLoadId(cursor)), context)
  const [{ currentLake }, { loadTable }] = await Promise.all([import('./open-lake.ts'), import('./load-table.ts')])
  const lakeHere = await currentLake()
  return loadTable({ ...call, lake: lakeHere, table: name, options, loadId, context })
}

function mergeRequest({
  key,
  mode,
  sequenceBy,
}: { readonly [Name in keyof MergeRequest]-?: MergeRequest[Name] | undefined }): MergeRequest {
  return { ...(key && { key }), ...(mode && { mode }), ...(sequenceBy !== undefined && { sequenceBy }) }
}

/** Async for the same reasons. */
async function deleteFrom<Row extends object>(
  name: string,
  tableOptions: AnyTableOptions,
  options: DeleteOptions<Row>,
  context: AttemptContext | undefined,
): Promise<ChangeResult> {
  context?.requireOpen()
  requireWritable(name)
  requireOptions('delete', options, ['where', 'id', 'branch'])
  const { where, id, branch = 'main' } = options
  const loadId = loadIdOf({ table: name, branch, operation: 'delete', source: undefined, where }, id, context)
  const [{ currentLake }, { deleteRows }] = await Promise.all([import('./open-lake.ts'), import('./delete-rows.ts')])
  const lakeHere = await currentLake()
  return (await deleteRows({
    lake: lakeHere,
    table: name,
    where,
    branch,
    loadId,
    tableOptions,
    context,
  })) as ChangeResult
}

async function replay(name: string, tableOptions: AnyTableOptions, options: ReplayOptions = {}): Promise<ReplayResult> {
  const context = attemptContext()
  context?.requireOpen()
  requireWritable(name)
  requireOptions('replay', options, ['load', 'where', 'rename', 'contract', 'fix', 'sequenceBy', 'branch'])
  const [{ currentLake }, { replayRows }] = await Promise.all([import('./open-lake.ts'), import('./replay-rows.ts')])
  return replayRows({ lake: await currentLake(), table: name, tableOptions, options, context })
}

function view<Row extends object>(name: string, version: Version): TableView<Row> {
  return { name, version, ...reading<Row>(name, version) }
}

function reading<Row extends object>(
  name: string,
  version: Version | undefined,
): Pick<Table<Row>, 'rows' | 'files' | 'metadataLocation' | typeof cacheVersion> {
  const open = async () => {
    const [{ currentLake }, reads, { recordReads }, { pinnedVersion }] = await Promise.all([
      import('./open-lake.ts'),
      import('./read-rows.ts'),
      import('../lineage/record-reads.ts'),
      import('./pinned-version.ts'),
    ])
    const context = attemptContext()
    const lakeHere = await currentLake()
    const found = await reads.findView(lakeHere, name, version ?? pinnedVersion(context, name))
    // Told while the rows are read; whoever reads is done when it is there.
    const told = recordReads(lakeHere.catalog, context, [reads.readOf(found)])
    return { lakeHere, reads, found, told }
  }
  return {
    async [cacheVersion]() {
      const [{ currentLake }, { versionForCache }] = await Promise.all([
        import('./open-lake.ts'),
        import('./pinned-version.ts'),
      ])
      return versionForCache(await currentLake(), name, version)
    },
    async *rows(options: ReadOptions<Row> = {}) {
      requireReadOptions(options)
      const { where, columns, limit } = options
      const signal = attemptContext()?.signal
      const { lakeHere, reads, found, told } = await open()
      try {
        yield* reads.readRows(lakeHere, found, { where, columns, limit, signal }) as AsyncIterable<Row>
      } finally {
        await told
      }
    },
    async files() {
      const { lakeHere, reads, found, told } = await open()
      const [files] = await Promise.all([reads.viewFiles(lakeHere, found), told])
      return files
    },
    async metadataLocation() {
      const { lakeHere, found, told } = await open()
      await told
      return lakeHere.storage.addressOf(found.pointer.metadataKey)
    },
  }
}
