import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { LoadEntry } from '../catalog/lake-catalog.ts'
import { literal } from '../duckdb/quote.ts'
import { contractVersion } from '../ingest/contract-version.ts'
import type { LoadRequest } from '../ingest/load-request.ts'
import type { ReplayOptions } from '../ingest/replay/replay-options.ts'
import type { OpenLake } from './lake.ts'
import { whereText } from './load-identity.ts'
import { repeatedResult } from './load-result.ts'
import { loadTable } from './load-table.ts'
import type { MergeRequest } from './merge-rule.ts'
import { quarantineOf } from './quarantine-table.ts'
import { findView, scanView } from './read-rows.ts'
import { openCondition, replayPrefix, ReplaySource } from './replay-source.ts'
import { schemaOf } from './resolve-version.ts'
import { type AnyTableOptions, withKeptContract } from './table-properties.ts'
import type { LoadResult, ReplayResult } from './types.ts'
import { findTable, type FoundTable } from './write-target.ts'

export interface Replay {
  readonly lake: OpenLake
  readonly table: string
  readonly tableOptions: AnyTableOptions
  readonly options: ReplayOptions
  readonly context: AttemptContext | undefined
}

/**
 * Tries the open rows of a table's quarantine again, under what the table asks of rows now: one load for each load that they came
 * from, whose commit settles them. The same replay again finds nothing to do. Throws `TABLE_NOT_FOUND`.
 */
export async function replayRows(replay: Replay): Promise<ReplayResult> {
  const { lake, table } = replay
  const found = await findTable(lake.catalog, table)
  if (!found) throw new SluiceError('TABLE_NOT_FOUND', { table })
  const loads: LoadResult[] = []
  for (const load of await openLoads(replay, found)) {
    const result = await replayLoad(replay, load)
    if (result !== undefined) loads.push(result)
  }
  const rows = loads.reduce((sum, load) => sum + (load.repeated ? 0 : load.rows), 0)
  return { rows, open: await openCount(replay), loads }
}

interface OpenLoad {
  readonly id: string
  readonly isMerge: boolean
}

/** Loads of the branch that have open rows, oldest first. */
async function openLoads(replay: Replay, { pointer }: FoundTable): Promise<readonly OpenLoad[]> {
  const { lake, options } = replay
  const rows = await onQuarantine<{ id: string }>(
    replay,
    `load_id AS id`,
    `GROUP BY load_id ORDER BY min(rejected_at), load_id`,
  )
  const branch = options.branch ?? 'main'
  const loads: OpenLoad[] = []
  for (const { id } of rows) {
    const entry = await lake.catalog.load(pointer.id, id)
    const isThere = entry?.branch === branch || (branch === 'main' && entry?.state === 'published')
    // A catalogue that was rebuilt knows no loads: what is in the quarantine was committed.
    if (entry === undefined || isThere) loads.push({ id, isMerge: entry?.operation === 'merge' })
  }
  return loads
}

async function openCount(replay: Replay): Promise<number> {
  const [counted] = await onQuarantine<{ n: number }>(replay, 'count(*) AS n', '')
  return counted?.n ?? 0
}

async function onQuarantine<Row extends object>(
  { lake, table, options }: Replay,
  select: string,
  rest: string,
): Promise<readonly Row[]> {
  const name = quarantineOf(table)
  if ((await lake.catalog.find(name)) === undefined) return []
  const view = await findView(lake, name, undefined)
  await using scan = await scanView(lake, view)
  await using session = await (await lake.duck()).session()
  const load = options.load === undefined ? '' : ` AND load_id = ${literal(options.load)}`
  return await session.all<Row>(
    `SELECT ${select} FROM ${scan.item} WHERE ${openCondition(view, options)}${load} ${rest}`,
  )
}

/** Undefined: nothing of it fits now either, and nothing did before. */
async function replayLoad(replay: Replay, load: OpenLoad): Promise<LoadResult | undefined> {
  const { loadId, before } = await turnOf(replay, load)
  return (await tryReplay(replay, load, loadId)) ?? (before && repeatedResult(before))
}

async function tryReplay(replay: Replay, load: OpenLoad, loadId: string): Promise<LoadResult | undefined> {
  const { lake, table, tableOptions, options, context } = replay
  const { rename, contract, branch, sequenceBy } = options
  const said = { ...(rename && { rename }), ...(contract && { contract }), ...(branch !== undefined && { branch }) }
  try {
    const result = await loadTable({
      lake,
      table,
      ...(load.isMerge ? { operation: 'merge', merge: mergeOf(sequenceBy) } : { operation: 'append' }),
      source: new ReplaySource(load.id, options),
      tableOptions,
      options: { maxRejected: 1, ...said },
      loadId,
      context,
    })
    return result.rows > 0 ? result : undefined
  } catch (error) {
    if (isSluiceError(error, 'LOAD_REJECTED')) return undefined
    throw error
  }
}

interface Turn {
  readonly loadId: string
  /** What the turn before it came to. */
  readonly before?: LoadEntry
}

/**
 * The same replay is the same load, with two exceptions. One that was dropped has opened its rows again. And what a `fix` makes of a row its text does not
 * tell, as it may look things up: rows that it has left open are given to it once more. What it has settled is not open, so nothing is loaded twice.
 */
async function turnOf(replay: Replay, { id }: OpenLoad): Promise<Turn> {
  const { catalog } = replay.lake
  const found = await findTable(catalog, replay.table)
  const first = `${replayPrefix}${id}:${await versionNow(replay)}`
  let before: LoadEntry | undefined
  for (let turn = 1; ; turn++) {
    const loadId = turn === 1 ? first : `${first}:${turn}`
    const known = found && (await catalog.load(found.pointer.id, loadId))
    const isOver = known?.state === 'committed' || known?.state === 'published'
    const isAnother = known?.state === 'dropped' || (isOver && replay.options.fix !== undefined)
    if (!isAnother) return { loadId, ...(before && { before }) }
    if (isOver) before = known
  }
}

/** A row of a merge comes late: without an order it takes no other's place. */
function mergeOf(sequenceBy: string | undefined): MergeRequest {
  return sequenceBy === undefined ? { mode: 'insert-only' } : { sequenceBy }
}

/** What decides whether a row fits: while it is the same, so is what comes of a replay. */
async function versionNow({ lake, table, tableOptions, options }: Replay): Promise<string> {
  const found = await findTable(lake.catalog, table)
  const metadata = found?.metadata
  const request = {
    table: metadata && { schema: schemaOf(metadata, undefined), lastColumnId: metadata['last-column-id'] },
    options: options.contract ? { contract: options.contract } : {},
    declared: withKeptContract(tableOptions, metadata?.properties) as NonNullable<LoadRequest['declared']>,
  }
  const { where, rename, fix, sequenceBy } = options
  return contractVersion(request, [
    where ? whereText(where) : null,
    rename ?? null,
    fix?.toString() ?? null,
    sequenceBy ?? null,
  ])
}
