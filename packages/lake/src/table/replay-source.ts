import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { identifier, literal } from '../duckdb/quote.ts'
import type { Scan } from '../duckdb/scan.ts'
import type { ReplayOptions } from '../ingest/replay/replay-options.ts'
import { type QuarantineRow, stageReplay } from '../ingest/replay/stage-replay.ts'
import { StagedFiles } from '../ingest/source/origins.ts'
import type { SourceFile } from '../ingest/source/source-file.ts'
import type { OpenLake } from './lake.ts'
import { quarantineOf } from './quarantine-table.ts'
import { type FoundView, findView, scanView } from './read-rows.ts'
import { openStagedWriter } from '../ingest/source/staged-writer.ts'
import { conditionOf } from './where.ts'

/** Ids of loads that take rows from the quarantine begin so. */
export const replayPrefix = 'replay:'

/** The open rows of one load in the quarantine, as the source of another load. */
export class ReplaySource {
  readonly load: string
  readonly options: ReplayOptions

  constructor(load: string, options: ReplayOptions) {
    this.load = load
    this.options = options
  }
}

/** Rows of the quarantine that a load takes, and settles in its own commit. */
export interface Resolution {
  /** The quarantine that they were read from. */
  readonly view: FoundView
  /** A file of `{ row_id }` lines. */
  readonly rowIds: string
}

export interface StagedReplay extends AsyncDisposable {
  readonly source: StagedFiles
  readonly resolves: Resolution
}

/** Reads the rows that are open now: another replay may have settled some since. */
export async function stageReplaySource(
  lake: OpenLake,
  session: DuckSession,
  table: string,
  { load, options }: ReplaySource,
): Promise<StagedReplay> {
  await mkdir(lake.storage.staging, { recursive: true })
  const directory = await mkdtemp(path.join(lake.storage.staging, 'replay-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    const view = await findView(lake, quarantineOf(table), undefined)
    await using scan = await scanView(lake, view)
    const files = await stageReplay(openRows(session, scan, view, load, options), directory, options.fix)
    const rowIds = path.join(directory, 'row-ids')
    await writeRowIds(files, rowIds)
    return {
      source: new StagedFiles(`quarantine of ${load}`, files),
      resolves: { view, rowIds },
      [Symbol.asyncDispose]: remove,
    }
  } catch (cause) {
    await remove()
    throw cause
  }
}

function openRows(
  session: DuckSession,
  { item }: Scan,
  view: FoundView,
  load: string,
  options: ReplayOptions,
): AsyncIterable<readonly QuarantineRow[]> {
  const columns = ['row_id', 'load_id', 'source_file', 'record', 'reason', 'column_name', 'problem', 'raw']
  const form = ['format', 'dialect', 'header']
  return session.stream<QuarantineRow>(
    `SELECT ${[...columns, ...form].map(identifier).join(', ')} FROM ${item} WHERE load_id = ${literal(load)} AND ${openCondition(view, options)} ORDER BY ${form.join(', ')}, source_file, record`,
  )
}

/** SQL of the rows that are open, and that are asked for. */
export function openCondition({ name, schema }: FoundView, { where = {} }: Pick<ReplayOptions, 'where'>): string {
  return `resolved_by IS NULL AND (${conditionOf(name, schema, where).sql})`
}

async function writeRowIds(files: readonly SourceFile[], target: string): Promise<void> {
  await using writer = await openStagedWriter(target)
  for (const { rowIds = [] } of files)
    for (const id of rowIds) {
      const full = writer.write(`${JSON.stringify({ row_id: id })}\n`)
      if (full) await full
    }
  await writer.end()
}
