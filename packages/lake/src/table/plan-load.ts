import { SluiceError } from '@sluice/core'
import type { LoadOperation } from '../catalog/lake-catalog.ts'
import { literals } from '../duckdb/quote.ts'
import type { StagedRows } from '../duckdb/data-writer.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import type { Schema } from '../format/schema.ts'
import type { ChangeBase, PlannedRewrite } from './live-rows.ts'
import type { RowLoad } from './load-rows.ts'
import { planMerge } from './plan-merge.ts'
import { planWhere } from './plan-where.ts'
import { type MergeRule, requireMergeColumns } from './merge-rule.ts'
import type { StagedTable } from './stage-load.ts'
import { type Condition, conditionOf } from './where.ts'

/** Rows of a load, as their plan needs them. */
export type LoadedRows = Pick<StagedRows, 'rows' | 'files'>

/** What a load does to the files of its branch; an append, that is more than one, leaves them. */
export async function planLoad(
  base: ChangeBase,
  { table, operation, where }: Pick<RowLoad, 'table' | 'where'> & { readonly operation: LoadOperation },
  staged: LoadedRows,
  rule: MergeRule | undefined,
): Promise<PlannedRewrite> {
  if (rule) {
    requireMergeColumns(table, base.target.schema, rule)
    return planMerge(base, staged, rule)
  }
  if (operation === 'append') return { removed: new Set(), files: [], ...added(staged) }
  if (operation === 'replace') return { removed: 'all', files: [], ...added(staged) }
  const condition = rowsCondition(table, base.target.schema, where)
  const plan = await planWhere(base, condition)
  return { ...plan, operation: 'overwrite', changes: { ...plan.changes, inserted: staged.rows } }
}

function added({ rows }: LoadedRows): Pick<PlannedRewrite, 'operation' | 'changes' | 'filtered'> {
  return { operation: 'overwrite', changes: { inserted: rows, updated: 0, deleted: 0 }, filtered: 0 }
}

/** The condition of a change. One that names every row is a slip of the pen more often than meant: it is refused. */
export function rowsCondition(
  table: string,
  schema: Schema,
  where: Readonly<Record<string, unknown>> | undefined,
): Condition {
  const named = Object.values(where ?? {}).some((wanted) => wanted !== undefined)
  if (where === undefined || !named)
    throw new SluiceError('OPTION_INVALID', {
      option: 'where',
      problem: 'it must name some rows; `replace` is for all of them',
    })
  return conditionOf(table, schema, where)
}

/** While the rows of an overwrite are staged: each must fulfil its condition. Throws `LOAD_OUTSIDE_WHERE`. */
export async function requireInside(
  session: DuckSession,
  { table, operation, where }: RowLoad,
  { target, staged }: StagedTable,
): Promise<void> {
  if (operation !== 'overwrite') return
  const { sql } = rowsCondition(table, target.schema, where)
  if (staged.files.length === 0) return
  const [found] = await session.all<{ n: number }>(
    `SELECT count(*) AS n FROM read_parquet(${literals(staged.files)}, hive_partitioning = false) WHERE (${sql}) IS NOT TRUE`,
  )
  const rows = found?.n ?? 0
  if (rows > 0) throw new SluiceError('LOAD_OUTSIDE_WHERE', { table, rows, problem: `${rows} of them` })
}
