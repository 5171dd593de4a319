import type { TableChange } from '../catalog/lake-catalog.ts'
import { type RowsToWrite, type StagedRows, stageDataFiles } from '../duckdb/data-writer.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import type { DataFile, ManifestFile } from '../format/manifest.ts'
import type { LoadToWrite } from '../ingest/prepared-load.ts'
import { quarantineSchema } from '../ingest/quarantine-schema.ts'
import type { OpenLake } from './lake.ts'
import { quarantineOf } from './quarantine-table.ts'
import { scanView } from './read-rows.ts'
import type { Resolution } from './replay-source.ts'
import { resolvedSelect } from './resolve-rows.ts'
import { added, writeManifest } from './write-manifest.ts'
import {
  existingTarget,
  findTable,
  type FoundTable,
  newTarget,
  type TargetOptions,
  type WriteTarget,
} from './write-target.ts'

/** Rows of one table, written and not yet visible. */
export interface StagedTable extends AsyncDisposable {
  readonly target: WriteTarget
  readonly staged: StagedRows
}

/** A load's rows, and those that did not fit. */
export interface StagedLoad extends AsyncDisposable {
  readonly rows: number
  readonly table: StagedTable
  readonly quarantine: StagedTable | undefined
}

export interface StageRequest {
  readonly lake: OpenLake
  readonly session: DuckSession
  readonly found: FoundTable | undefined
  readonly target: TargetOptions
  /** Of a replay: the rows that it takes from the quarantine. */
  readonly resolves?: { readonly rows: Resolution; readonly loadId: string } | undefined
  /** Not by partitions: rows that are written once more, with others. */
  readonly whole?: boolean
}

/** Writes the Parquet files of a load into the staging directory. */
export async function stageLoad(request: StageRequest, load: LoadToWrite): Promise<StagedLoad> {
  const { found, target } = request
  const table = await stage(
    request,
    found ? existingTarget(found, load.schemaUpdates, target) : newTarget(load.schema, target),
    load.select,
    { whole: request.whole === true, dictionaries: load.dictionaries },
  )
  try {
    const quarantine = await stageQuarantine(request, load)
    return {
      rows: table.staged.rows,
      table,
      quarantine,
      async [Symbol.asyncDispose]() {
        await table[Symbol.asyncDispose]()
        await quarantine?.[Symbol.asyncDispose]()
      },
    }
  } catch (cause) {
    await table[Symbol.asyncDispose]()
    throw cause
  }
}

/** What becomes of the quarantine: rows are added, or, by a replay, settled. */
async function stageQuarantine(request: StageRequest, { rejected }: LoadToWrite): Promise<StagedTable | undefined> {
  const { lake, target, resolves } = request
  if (rejected === undefined && resolves === undefined) return undefined
  const name = quarantineOf(target.name)
  const own = { ...target, name, options: { description: `Rows that did not fit into ${target.name}` } }
  if (resolves) {
    await using scan = await scanView(lake, resolves.rows.view)
    const select = resolvedSelect(scan, resolves.rows, resolves.loadId, rejected)
    return await stage(request, existingTarget(resolves.rows.view, [], own), select)
  }
  const found = await findTable(lake.catalog, name)
  return stage(request, found ? existingTarget(found, [], own) : newTarget(quarantineSchema, own), rejected ?? '')
}

/** Writes rows of a table anew. */
export async function stage(
  { lake, session }: Pick<StageRequest, 'lake' | 'session'>,
  target: WriteTarget,
  select: string,
  {
    whole = false,
    dictionaries,
  }: { readonly whole?: boolean; readonly dictionaries?: RowsToWrite['dictionaries'] } = {},
): Promise<StagedTable> {
  const { directory, location, schema } = target
  const spec = whole ? { 'spec-id': 0, fields: [] } : target.spec
  const staged = await stageDataFiles(session, lake.storage, {
    select,
    schema,
    spec,
    directory,
    location,
    id: lake.platform.newId(),
    ...(dictionaries && { dictionaries }),
  })
  return { target, staged, [Symbol.asyncDispose]: () => staged[Symbol.asyncDispose]() }
}

/** Files that are in the storage, and the manifest that names them. */
export interface PutRows {
  readonly snapshotId: bigint
  /** Empty: there were no rows. */
  readonly manifests: readonly ManifestFile[]
  readonly summary: Readonly<Record<string, string>>
}

/** Puts the files into the storage, and writes their manifest. */
export async function putRows(
  lake: OpenLake,
  { target, staged }: StagedTable,
  summary: Readonly<Record<string, string>>,
): Promise<PutRows> {
  const snapshotId = lake.platform.newSnapshotId()
  const files = await staged.put()
  if (files.length === 0) return { snapshotId, manifests: [], summary }
  const manifest = await writeManifest(lake.storage, lake.platform, {
    ...target,
    content: 'data',
    entries: added(files),
    snapshotId,
  })
  return { snapshotId, manifests: [manifest], summary: { ...summary, 'added-files-size': sizeOf(files) } }
}

function sizeOf(files: readonly DataFile[]): string {
  return String(files.reduce((sum, { size }) => sum + size, 0))
}

/** The change that adds the rows to whatever the branch holds. */
export function appendChange({ target }: StagedTable, put: PutRows, branch: string): TableChange {
  const { snapshotId, manifests, summary } = put
  if (manifests.length === 0) return target.change
  return {
    ...target.change,
    append: {
      branch,
      snapshotId,
      schemaId: target.schemaId,
      manifests,
      summary: { ...summary, operation: 'append' },
    },
  }
}
