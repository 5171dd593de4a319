import { type Json, SluiceError } from '@sluice/core'
import { maskedRows } from '../checks/masked-rows.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { identifier } from '../duckdb/quote.ts'
import { type Scan, scanSql } from '../duckdb/scan.ts'
import type { Schema } from '../format/schema.ts'
import { ownColumns } from '../ingest/columns/column-name.ts'
import { recordReads } from '../lineage/record-reads.ts'
import type { OpenLake } from '../table/lake.ts'
import { type FoundView, findView, type PlannedView, planView, readOf } from '../table/read-rows.ts'
import { requireColumn } from '../table/require-column.ts'
import type { Version } from '../table/types.ts'
import { schemaChanges } from './schema-changes.ts'

export interface DiffRequest {
  readonly from: Version
  /** Default: what the table holds now. */
  readonly to?: Version
  /** Columns that tell rows apart. Default: the table's key; without one, rows are the same when all their values are. */
  readonly key?: readonly string[]
}

/** What happened to a table between two versions. Columns that Sluice adds to rows are not compared. */
export interface TableDiff {
  readonly table: string
  readonly from: string | undefined
  readonly to: string | undefined
  /** `+ tip double`, `fare: int → long`. */
  readonly schema: readonly string[]
  readonly key: readonly string[]
  readonly rows: { readonly before: number; readonly after: number }
  readonly added: number
  readonly removed: number
  /** Rows of one key with other values; none without a key. */
  readonly changed: number
  /** A few of each; values of sensitive columns are masked. */
  readonly samples: {
    readonly added: readonly Record<string, Json>[]
    readonly removed: readonly Record<string, Json>[]
    readonly changed: readonly { readonly before: Record<string, Json>; readonly after: Record<string, Json> }[]
  }
}

const mostSamples = 5

/**
 * Compares two versions of a table. Files that both of them have are not read.
 *
 * Throws `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`, `TABLE_COLUMN_UNKNOWN`, `OPTION_INVALID` for a key that several rows share.
 */
export async function diffTable(lake: OpenLake, table: string, request: DiffRequest): Promise<TableDiff> {
  const [before, after] = [await findView(lake, table, request.from), await findView(lake, table, request.to)]
  const told = recordReads(lake.catalog, undefined, [readOf(before), readOf(after)])
  // Types only widen, whichever way is asked: the later schema holds the rows of both.
  const schema = before.schema['schema-id'] > after.schema['schema-id'] ? before.schema : after.schema
  const key = keyOf({ ...after, schema }, request.key)
  await using sides = await openSides(lake, { ...before, schema }, { ...after, schema })
  await using session = await (await lake.duck()).session()
  const comparing = new Comparing(session, sides, schema, key, sensitiveOf(after))
  if (key.length > 0) await comparing.requireKey(table)
  await told
  return {
    table,
    from: idOf(before),
    to: idOf(after),
    schema: schemaChanges(before.schema, after.schema),
    key,
    rows: { before: totalOf(before), after: totalOf(after) },
    added: await comparing.count(comparing.only('b', 'a')),
    removed: await comparing.count(comparing.only('a', 'b')),
    changed: await comparing.count(comparing.changed()),
    samples: {
      added: await comparing.samples(comparing.only('b', 'a')),
      removed: await comparing.samples(comparing.only('a', 'b')),
      changed: await comparing.changedSamples(),
    },
  }
}

const idOf = ({ snapshot }: FoundView): string | undefined => snapshot && String(snapshot['snapshot-id'])
const totalOf = ({ snapshot }: FoundView): number => Number(snapshot?.summary['total-records'] ?? 0)

function sensitiveOf({ metadata }: FoundView): ReadonlySet<string> {
  return new Set(JSON.parse(metadata.properties?.['sluice.sensitive'] ?? '[]') as readonly string[])
}

function keyOf({ name, schema, metadata }: FoundView, given: readonly string[] | undefined): readonly string[] {
  const key = given ?? (JSON.parse(metadata.properties?.['sluice.key'] ?? '[]') as readonly string[])
  return key.map((column) => requireColumn(name, schema, column).name)
}

interface Sides extends AsyncDisposable {
  readonly a: string
  readonly b: string
}

/** The files that only one of them has; all, when rows were deleted from files of both. Both views have one schema. */
async function openSides(lake: OpenLake, before: FoundView, after: FoundView): Promise<Sides> {
  const plans = [await planView(lake, before), await planView(lake, after)] as const
  const bare = plans.every(({ entries }) => entries.every(({ file }) => file.content === 0))
  const [a, b] = bare ? [without(plans[0], plans[1]), without(plans[1], plans[0])] : plans
  await using stack = new AsyncDisposableStack()
  const open = async (plan: PlannedView): Promise<Scan> =>
    stack.use(await scanSql({ ...plan, lent: await lake.storage.lend(plan.needed) }))
  const [one, other] = [await open(a), await open(b)]
  const owned = stack.move()
  return { a: one.item, b: other.item, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function without(plan: PlannedView, other: PlannedView): PlannedView {
  const theirs = new Set(other.entries.map(({ file }) => file.path))
  const isOwn = (index: number): boolean => !theirs.has(plan.entries[index]?.file.path ?? '')
  return {
    ...plan,
    entries: plan.entries.filter((_, index) => isOwn(index)),
    needed: plan.needed.filter((_, index) => isOwn(index)),
  }
}

class Comparing {
  readonly #session: DuckSession
  readonly #sides: Sides
  readonly #columns: readonly string[]
  readonly #key: readonly string[]
  readonly #sensitive: ReadonlySet<string>

  constructor(
    session: DuckSession,
    sides: Sides,
    { fields }: Schema,
    key: readonly string[],
    sensitive: ReadonlySet<string>,
  ) {
    this.#session = session
    this.#sides = sides
    this.#columns = fields.map(({ name }) => name).filter((name) => !ownColumns.includes(name))
    this.#key = key
    this.#sensitive = sensitive
  }

  async requireKey(table: string): Promise<void> {
    const key = this.#key.map(identifier).join(', ')
    for (const side of ['a', 'b'] as const) {
      const [twice] = await this.#session.all<object>(
        `SELECT ${key} FROM ${this.#sides[side]} GROUP BY ${key} HAVING count(*) > 1 LIMIT 1`,
      )
      if (twice === undefined) continue
      const problem = `several rows of ${table} share ${this.#key.join(', ')}: name columns that tell them apart`
      throw new SluiceError('OPTION_INVALID', { option: 'key', problem })
    }
  }

  /** Rows of one side that the other does not have. */
  only(side: 'a' | 'b', other: 'a' | 'b'): string {
    const columns = this.#columns.map(identifier).join(', ')
    const [here, there] = [this.#sides[side], this.#sides[other]]
    if (this.#key.length === 0) return `SELECT ${columns} FROM ${here} EXCEPT ALL SELECT ${columns} FROM ${there}`
    const mine = this.#columns.map((name) => `x.${identifier(name)}`).join(', ')
    return `SELECT ${mine} FROM ${here} AS x ANTI JOIN ${there} AS y ON ${this.#same('x', 'y')}`
  }

  /** The two rows of each key whose values differ, as `before` and `after`. */
  changed(): string {
    const row = (side: string): string =>
      `{${this.#columns.map((name) => `${identifier(name)}: ${side}.${identifier(name)}`).join(', ')}}`
    const pairs = `SELECT ${row('x')} AS "before", ${row('y')} AS "after"
      FROM ${this.#sides.a} AS x JOIN ${this.#sides.b} AS y ON ${this.#key.length === 0 ? 'false' : this.#same('x', 'y')}`
    return `SELECT * FROM (${pairs}) WHERE "before" IS DISTINCT FROM "after"`
  }

  async count(rows: string): Promise<number> {
    const [counted] = await this.#session.all<{ n: number }>(`SELECT count(*) AS n FROM (${rows})`)
    return counted?.n ?? 0
  }

  async samples(rows: string): Promise<readonly Record<string, Json>[]> {
    return maskedRows(await this.#session.all<object>(this.#first(rows)), this.#sensitive)
  }

  async changedSamples(): Promise<TableDiff['samples']['changed']> {
    const pairs = await this.#session.all<{ before: object; after: object }>(this.#first(this.changed()))
    return pairs.map(({ before, after }) => {
      const [one = {}, other = {}] = maskedRows([before, after], this.#sensitive)
      return { before: one, after: other }
    })
  }

  #first(rows: string): string {
    return `SELECT * FROM (${rows}) LIMIT ${mostSamples}`
  }

  #same(x: string, y: string): string {
    return this.#key
      .map((name) => `${x}.${identifier(name)} IS NOT DISTINCT FROM ${y}.${identifier(name)}`)
      .join(' AND ')
  }
}
