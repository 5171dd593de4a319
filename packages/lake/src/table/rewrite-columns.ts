import { isSluiceError } from '@sluice/core'
import { duckdbType } from '../duckdb/duckdb-types.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { identifier } from '../duckdb/quote.ts'
import { commitConflict } from '../format/commit-errors.ts'
import type { Field, PrimitiveType } from '../format/schema.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import { typedToSql } from '../ingest/columns/given-sql.ts'
import type { LoadRequest } from '../ingest/load-request.ts'
import {
  type ChangeBase,
  columnsOf,
  liveFiles,
  liveRows,
  type LiveRows,
  type PlannedRewrite,
  putSelect,
} from './live-rows.ts'
import type { RowLoad } from './load-rows.ts'
import { requireRows } from './plan-where.ts'
import { existingTarget, type FoundTable } from './write-target.ts'
import { targetOptions } from './target-options.ts'

/**
 * Whether a column can be written anew as another type: what the table holds in it must come through without loss. Never a column that
 * partitions, sort orders or the load's cursor go by.
 */
export function columnRewriter(
  load: RowLoad,
  session: DuckSession,
  found: FoundTable,
  branch: string,
): NonNullable<LoadRequest['canRewrite']> {
  const held = new Set(heldColumns(found.metadata))
  const answers = new Map<string, Promise<boolean>>()
  const target = existingTarget(found, [], targetOptions(load, branch))
  const base: ChangeBase = { lake: load.lake, session, table: load.table, target, branch, from: load.stage && 'main' }
  return (field, type) => {
    if (held.has(field.id) || load.options.cursor?.column === field.name) return Promise.resolve(false)
    // Nothing of what is there stays.
    if (load.operation === 'replace') return Promise.resolve(true)
    const question = `${field.id} ${type}`
    const answer = answers.get(question) ?? holds(base, field, type)
    answers.set(question, answer)
    return answer
  }
}

/** Ids of columns that the layout of files goes by. */
function heldColumns(metadata: TableMetadata): readonly number[] {
  return [
    ...metadata['partition-specs'].flatMap((spec) => spec.fields.map((field) => field['source-id'])),
    ...metadata['sort-orders'].flatMap((order) => order.fields.map((field) => field['source-id'])),
    ...metadata.schemas.flatMap((schema) => schema['identifier-field-ids'] ?? []),
  ]
}

async function holds(base: ChangeBase, { name, type: from }: Field, type: PrimitiveType): Promise<boolean> {
  const column = identifier(name)
  const converted = typedToSql(duckdbType(from), type, column)
  // Every value has a text.
  if (converted.startsWith('CAST(')) return true
  await using rows = await liveRows(base, {})
  const lost = await base.session.all(
    `SELECT 1 FROM ${rows.item} WHERE ${column} IS NOT NULL AND (${converted}) IS NULL LIMIT 1`,
  )
  return lost.length === 0
}

/**
 * A change of a table whose columns are rewritten: every file that it would leave as it is is written anew, too. Files of before stay
 * what they are for the versions that hold them.
 */
export async function withRewrittenFiles(base: ChangeBase, planned: PlannedRewrite): Promise<PlannedRewrite> {
  const { removed } = planned
  if (base.rewritten === undefined || base.rewritten.length === 0 || removed === 'all') return planned
  const rest = (await liveFiles(base)).filter(({ path }) => !removed.has(path))
  if (rest.length === 0) return planned
  const paths = new Set(rest.map(({ path }) => path))
  await using rows = await liveRows(base, { only: paths })
  const { files, written, expected } = await writeAnew(base, rows)
  requireRows(base, written, expected)
  return { ...planned, removed: removed.union(paths), files: [...planned.files, ...files], operation: 'overwrite' }
}

async function writeAnew(
  base: ChangeBase,
  { item }: LiveRows,
): Promise<Pick<PlannedRewrite, 'files'> & { readonly written: number; readonly expected: number }> {
  try {
    const { files, rows } = await putSelect(base, `SELECT ${columnsOf(base)} FROM ${item}`)
    // Without a column nothing is converted: that is another count.
    const [counted] = await base.session.all<{ n: number }>(`SELECT count(*) AS n FROM ${item}`)
    return { files, written: rows, expected: counted?.n ?? 0 }
  } catch (error) {
    // Somebody has added what does not come through: whoever plans anew will see it.
    if (isSluiceError(error, 'LAKE_QUERY_FAILED')) throw commitConflict(String(error.details['problem']))
    throw error
  }
}
