import { SluiceError } from '@sluice/core'
import { identifier, literals } from '../duckdb/quote.ts'
import { keysPredicate } from './keys-predicate.ts'
import {
  type ChangeBase,
  columnsOf,
  file,
  liveRows,
  type LiveRows,
  type PlannedRewrite,
  putSelect,
} from './live-rows.ts'
import type { MergeRule } from './merge-rule.ts'
import type { LoadedRows } from './plan-load.ts'
import { requireRows } from './plan-where.ts'

/** What the load is, and what of it is in the table already: numbers of rows. */
interface MergeCounts {
  /** Rows of the load that are written. */
  readonly written: number
  readonly keys: number
  readonly matchedKeys: number
  readonly matchedRows: number
}

/**
 * Merges the rows of a load into a branch. Its keys are a temporary table, and so are the rows there that have one of them, with the
 * file each is in: of the table itself only key columns are read, and of the files that rows are taken out of everything, once.
 */
export async function planMerge(base: ChangeBase, load: LoadedRows, rule: MergeRule): Promise<PlannedRewrite> {
  if (load.files.length === 0) return nothing(0)
  const names = new MergeNames(rule)
  await takeKeys(base, load, rule, names)
  await using there = await liveRows(base, {
    where: await keysPredicate({ ...base, schema: base.target.schema }, names.keys, rule.key),
  })
  await findKeys(base, there, names)
  if (rule.mode !== 'insert-only' && rule.sequenceBy !== undefined) await dropStale(base, names)
  const touched = rule.mode === 'insert-only' ? [] : await touchedFiles(base, names)
  const select = loadSelect(base, load, rule, names)
  const counts = await countMerge(base, select, names)
  const removed = new Set(touched.map(({ local }) => there.pathOf(local)))
  if (counts.written === 0 && removed.size === 0) return nothing(load.rows)
  await using touchedRows = removed.size === 0 ? undefined : await liveRows(base, { only: removed })
  const kept = touchedRows && (await keptSelect(base, touchedRows, names))
  const put = await putSelect(base, kept === undefined ? select : `${kept.sql} UNION ALL ${select}`)
  requireRows(base, put.rows, (kept?.rows ?? 0) + counts.written)
  return {
    removed,
    files: put.files,
    operation: removed.size === 0 ? 'append' : 'overwrite',
    changes: changesOf(rule, counts),
    filtered: load.rows - counts.written,
  }
}

function nothing(filtered: number): PlannedRewrite {
  const changes = { inserted: 0, updated: 0, deleted: 0 }
  return { removed: new Set(), files: [], operation: 'append', changes, filtered }
}

function changesOf(
  { mode }: MergeRule,
  { written, keys, matchedKeys, matchedRows }: MergeCounts,
): PlannedRewrite['changes'] {
  if (mode === 'insert-only') return { inserted: written, updated: 0, deleted: 0 }
  if (mode === 'delete-insert') return { inserted: written, updated: 0, deleted: matchedRows }
  return { inserted: keys - matchedKeys, updated: matchedKeys, deleted: matchedRows - matchedKeys }
}

/** SQL of a rule's columns: in the temporary tables they are `k0`, `k1`, and `seq`. */
class MergeNames {
  readonly keys = 'merge_keys'
  readonly found = 'merge_found'
  /** `"id" AS k0, "day" AS k1` */
  readonly columns: string
  /** `k0, k1` */
  readonly own: string
  readonly #key: readonly string[]
  readonly #sequenceBy: string | undefined

  constructor({ key, sequenceBy }: MergeRule) {
    this.#key = key.map(identifier)
    this.#sequenceBy = sequenceBy
    this.columns = this.#key.map((column, i) => `${column} AS k${i}`).join(', ')
    this.own = this.#key.map((_, i) => `k${i}`).join(', ')
  }

  get sequence(): string {
    return this.#sequenceBy === undefined ? 'NULL' : identifier(this.#sequenceBy)
  }

  /** Rows of the table's columns, and keys. */
  joined(rows: string, keys: string): string {
    return this.#key.map((column, i) => `${rows}.${column} = ${keys}.k${i}`).join(' AND ')
  }

  key(rows: string): string {
    return this.#key.map((column) => `${rows}.${column}`).join(', ')
  }
}

function stagedItem({ files }: LoadedRows): string {
  return `read_parquet(${literals(files)}, hive_partitioning = false)`
}

async function takeKeys(base: ChangeBase, load: LoadedRows, rule: MergeRule, names: MergeNames): Promise<void> {
  await base.session.run(
    `CREATE OR REPLACE TEMP TABLE ${names.keys} AS
      SELECT ${names.own}, max(seq) AS seq, count(*) AS n FROM (SELECT ${names.columns}, ${names.sequence} AS seq FROM ${stagedItem(load)}) GROUP BY ${names.own}`,
  )
  if (rule.mode === 'delete-insert' || rule.sequenceBy !== undefined) return
  const [twice] = await base.session.all<Record<string, unknown>>(`SELECT * FROM ${names.keys} WHERE n > 1 LIMIT 1`)
  if (twice === undefined) return
  const key = Object.fromEntries(rule.key.map((name, i) => [name, twice[`k${i}`]]))
  const shown = Object.entries(key)
    .map(([name, value]) => `${name} = ${String(value)}`)
    .join(', ')
  throw new SluiceError('LOAD_DUPLICATE_KEY', {
    table: base.table,
    key,
    problem: `${shown}, ${String(twice['n'])} times`,
  })
}

async function findKeys({ session }: ChangeBase, { item }: LiveRows, names: MergeNames): Promise<void> {
  await session.run(
    `CREATE OR REPLACE TEMP TABLE ${names.found} AS
      SELECT r.${file} AS "local", ${names.columns}, ${names.sequence} AS seq FROM ${item} AS r SEMI JOIN ${names.keys} AS k ON ${names.joined('r', 'k')}`,
  )
}

/** An older row does not replace a newer one: keys whose newest row is in the table are no keys of this merge. */
async function dropStale({ session }: ChangeBase, names: MergeNames): Promise<void> {
  await session.run(
    `CREATE OR REPLACE TEMP TABLE ${names.keys} AS SELECT k.* FROM ${names.keys} AS k
      LEFT JOIN (SELECT ${names.own}, max(seq) AS newest FROM ${names.found} GROUP BY ${names.own}) AS f USING (${names.own})
      WHERE f.newest IS NULL OR coalesce(f.newest <= k.seq, false)`,
  )
}

function touchedFiles({ session }: ChangeBase, names: MergeNames): Promise<readonly { readonly local: string }[]> {
  return session.all<{ local: string }>(
    `SELECT DISTINCT "local" FROM ${names.found} SEMI JOIN ${names.keys} USING (${names.own})`,
  )
}

/** The rows of the load that come into the table: of each key the last one, or all. */
function loadSelect(base: ChangeBase, load: LoadedRows, { mode, sequenceBy }: MergeRule, names: MergeNames): string {
  const columns = columnsOf(base, 'r')
  const wanted = mode === 'insert-only' ? ` ANTI JOIN ${names.found} AS f ON ${names.joined('r', 'f')}` : ''
  const keyed = `SELECT r.* FROM ${stagedItem(load)} AS r SEMI JOIN ${names.keys} AS k ON ${names.joined('r', 'k')}`
  if (mode === 'delete-insert' || sequenceBy === undefined) return `SELECT ${columns} FROM (${keyed}) AS r${wanted}`
  // Of equal ones the later in the load.
  const place = `list_position(${literals(load.files)}, r.filename) DESC, r.file_row_number DESC`
  const last = `SELECT r.*, row_number() OVER (PARTITION BY ${names.key('r')} ORDER BY r.${names.sequence} DESC NULLS LAST, ${place}) AS "$n"
    FROM ${stagedItem(load)} AS r SEMI JOIN ${names.keys} AS k ON ${names.joined('r', 'k')}`
  return `SELECT ${columns} FROM (SELECT * FROM (${last}) WHERE "$n" = 1) AS r${wanted}`
}

async function countMerge({ session }: ChangeBase, select: string, names: MergeNames): Promise<MergeCounts> {
  const [counts] = await session.all<MergeCounts>(
    `SELECT (SELECT count(*) FROM (${select})) AS written, (SELECT count(*) FROM ${names.keys}) AS "keys",
      count(DISTINCT (${names.own})) AS "matchedKeys", count(*) AS "matchedRows"
      FROM ${names.found} SEMI JOIN ${names.keys} USING (${names.own})`,
  )
  if (counts === undefined) throw new SluiceError('LAKE_QUERY_FAILED', { problem: 'a count gave no row' })
  return counts
}

/** The rows of the touched files that stay. */
async function keptSelect(
  base: ChangeBase,
  { item }: LiveRows,
  names: MergeNames,
): Promise<{ readonly sql: string; readonly rows: number }> {
  const [found] = await base.session.all<{ rows: number }>(
    `SELECT (SELECT count(*) FROM ${item}) - (SELECT count(*) FROM ${names.found} SEMI JOIN ${names.keys} USING (${names.own})) AS "rows"`,
  )
  const sql = `SELECT ${columnsOf(base, 'r')} FROM ${item} AS r ANTI JOIN ${names.keys} AS k ON ${names.joined('r', 'k')}`
  return { sql, rows: found?.rows ?? 0 }
}
