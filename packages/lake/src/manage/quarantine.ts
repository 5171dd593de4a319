import { literal } from '../duckdb/quote.ts'
import { tableNotFound } from '../catalog/table-not-found.ts'
import type { ReplayOptions } from '../ingest/replay/replay-options.ts'
import type { OpenLake } from '../table/lake.ts'
import { quarantineOf, requireWritable } from '../table/quarantine-table.ts'
import { findView, scanView } from '../table/read-rows.ts'
import { replayRows } from '../table/replay-rows.ts'
import type { ReplayResult } from '../table/types.ts'

/** What of a table's loads did not fit, and is open still. */
export interface QuarantineReport {
  readonly table: string
  /** The table that has the rows, for SQL. */
  readonly quarantine: string
  readonly open: number
  readonly resolved: number
  /** Most rows first. */
  readonly reasons: readonly QuarantineReason[]
}

export interface QuarantineReason {
  readonly loadId: string
  readonly rejectedAt: string
  readonly reason: string
  readonly column: string | null
  readonly rows: number
  /** One of them. */
  readonly sample: {
    readonly sourceFile: string | null
    readonly record: number | null
    readonly problem: string
    readonly raw: string
  }
}

interface ReasonRow extends Omit<QuarantineReason, 'rejectedAt' | 'sample'> {
  readonly rejectedAt: Date
  readonly sample: QuarantineReason['sample']
}

/** Throws `TABLE_NOT_FOUND` for a table that is not there; one that all rows fit into has an empty report. */
export async function describeQuarantine(
  lake: OpenLake,
  table: string,
  options: { readonly load?: string } = {},
): Promise<QuarantineReport> {
  if ((await lake.catalog.find(table)) === undefined) throw await tableNotFound(lake.catalog, table)
  const quarantine = quarantineOf(table)
  const none = { table, quarantine, open: 0, resolved: 0, reasons: [] }
  if ((await lake.catalog.find(quarantine)) === undefined) return none
  await using scan = await scanView(lake, await findView(lake, quarantine, undefined))
  const where = options.load === undefined ? 'true' : `load_id = ${literal(options.load)}`
  await using session = await (await lake.duck()).session()
  const [counted] = await session.all<{ open: number; resolved: number }>(
    `SELECT count(*) FILTER (resolved_by IS NULL) AS open, count(resolved_by) AS resolved FROM ${scan.item} WHERE ${where}`,
  )
  const sample = `{'sourceFile': source_file, 'record': record, 'problem': problem, 'raw': left(raw, 200)}`
  const rows = await session.all<ReasonRow>(
    `SELECT load_id AS "loadId", min(rejected_at) AS "rejectedAt", reason, column_name AS "column", count(*) AS "rows", ` +
      `arg_min(${sample}, coalesce(record, 0)) AS sample FROM ${scan.item} WHERE resolved_by IS NULL AND ${where} ` +
      `GROUP BY load_id, reason, column_name ORDER BY "rows" DESC, "rejectedAt", "loadId", reason, "column"`,
  )
  const reasons = rows.map(({ rejectedAt, ...rest }) => Object.assign(rest, { rejectedAt: rejectedAt.toISOString() }))
  return { ...none, ...counted, reasons }
}

/** Rules of a table that only the code knows which declares it: rows that broke one are left to `replay()` there. */
const saidInCode: ReadonlySet<string> = new Set(['VALUE_MISSING', 'VALUE_NOT_ACCEPTED'])

export interface QuarantineReplay extends ReplayResult {
  readonly table: string
  /** Of the open rows: those that broke a rule which only code knows. */
  readonly leftToCode: number
}

/** Tries a table's open rows again, under the columns that it has now, and the contract that is kept with it. Throws `TABLE_NOT_FOUND`, `TABLE_NAME_INVALID`. */
export async function replayQuarantine(
  lake: OpenLake,
  table: string,
  options: Pick<ReplayOptions, 'load' | 'contract'> = {},
): Promise<QuarantineReplay> {
  requireWritable(table)
  const { reasons } = await describeQuarantine(lake, table, options)
  const others = [...new Set(reasons.map(({ reason }) => reason))].filter((reason) => !saidInCode.has(reason))
  const leftToCode = reasons.reduce((sum, { reason, rows }) => sum + (saidInCode.has(reason) ? rows : 0), 0)
  if (others.length === 0) return { table, rows: 0, open: leftToCode, leftToCode, loads: [] }
  const replay = { ...options, where: { reason: others } }
  const result = await replayRows({ lake, table, tableOptions: {}, options: replay, context: undefined })
  return { ...result, table, open: result.open + leftToCode, leftToCode }
}
