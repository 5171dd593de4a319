import { isSluiceError } from '@sluice/core'
import type { CheckFinding } from '../catalog/findings.ts'
import type { Scan } from '../duckdb/scan.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { queryHost } from '../sql/query-host.ts'
import { createRelation } from '../sql/relation.ts'
import { resolveTables } from '../sql/resolve-tables.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView, type FoundView, scanView } from '../table/read-rows.ts'
import { type CheckSql, checkSql } from './check-sql.ts'
import type { CheckSpec } from './check-spec.ts'
import { maskedRows } from './masked-rows.ts'
import type { ProvedKeys } from './proved-keys.ts'
import { addedSince, type AddedFiles, isPlainKey, uniqueSince } from './unique-since.ts'

/** Checks of one version of a table. */
export interface CheckRun {
  readonly lake: OpenLake
  readonly view: FoundView
  readonly checks: readonly CheckSpec[]
  readonly loadId: string | null
  readonly signal?: AbortSignal | undefined
  /** What is known of the version that this one was made from: it need not be looked at again. */
  readonly proved?: ProvedKeys | undefined
}

/** So many failing rows are shown. */
const mostSamples = 10

/**
 * What each check says of a version: those that look at single rows are asked in one pass. A check that cannot be made is an `error`,
 * and says nothing of the others. A table without a version has nothing that could fail, and is not checked.
 */
export async function runChecks(run: CheckRun): Promise<readonly CheckFinding[]> {
  const { lake, view, checks, signal } = run
  if (view.snapshot === undefined || checks.length === 0) return []
  await using session = await (await lake.duck()).session(signal && { signal })
  await using checking = new Checking(run, session)
  const plans: PlannedCheck[] = []
  for (const spec of checks) plans.push(await checking.plan(spec))
  const values = await checking.pass(plans)
  const findings: CheckFinding[] = []
  for (const [index, plan] of plans.entries()) findings.push(await checking.finding(plan, values.get(index)))
  return findings
}

interface PlannedCheck {
  readonly spec: CheckSpec
  readonly sql?: CheckSql
  readonly error?: unknown
}

/** A table that is referred to. */
interface OtherTable {
  readonly view: FoundView
  readonly item: string
}

class Checking implements AsyncDisposable {
  readonly #run: CheckRun
  readonly #session: DuckSession
  /** Of all rows, for the first check that needs it. */
  #scan: Promise<Scan> | undefined
  #added: Promise<AddedFiles | undefined> | undefined
  readonly #lent: AsyncDisposable[] = []
  readonly #others = new Map<string, Promise<OtherTable>>()
  readonly #sensitive: ReadonlySet<string>

  constructor(run: CheckRun, session: DuckSession) {
    this.#run = run
    this.#session = session
    const text = run.view.metadata.properties?.['sluice.sensitive']
    this.#sensitive = new Set(text === undefined ? [] : (JSON.parse(text) as readonly string[]))
  }

  async plan(spec: CheckSpec): Promise<PlannedCheck> {
    if (spec.kind === 'sql') return { spec }
    const { lake, view } = this.#run
    try {
      const since = spec.kind === 'unique' ? await this.#uniqueSince(spec) : undefined
      if (since) return { spec, sql: since }
      const to = spec.kind === 'relationship' ? await this.#other(spec.to.table).catch(missing) : undefined
      const other = to && { schema: to.view.schema, item: to.item }
      const place = { table: view.name, schema: view.schema, item: await this.#item(), other, now: lake.platform.now() }
      return { spec, sql: checkSql(spec, place) }
    } catch (error) {
      return { spec, error: known(error) }
    }
  }

  /** Undefined: all rows are to be looked at. */
  async #uniqueSince({ columns }: CheckSpec & { kind: 'unique' }): Promise<CheckSql | undefined> {
    const { lake, view, proved } = this.#run
    if (!proved?.has(columns, view.schema) || !isPlainKey(view, columns)) return undefined
    const added = await (this.#added ??= addedSince(lake, view, proved.snapshot))
    if (!added) return undefined
    const place = { lake, session: this.#session, view }
    const since = await uniqueSince(place, added, columns, `added_keys_${this.#lent.length}`)
    this.#lent.push(since)
    return since.sql
  }

  async #item(): Promise<string> {
    const { lake, view } = this.#run
    return (await (this.#scan ??= scanView(lake, view))).item
  }

  /** A table that refers to itself is looked up in what is checked. */
  async #other(name: string): Promise<OtherTable> {
    const { lake, view } = this.#run
    if (name === view.name) return { view, item: await this.#item() }
    const open = async (): Promise<OtherTable> => {
      const found = await findView(lake, name, undefined)
      const scan = await scanView(lake, found)
      this.#lent.push(scan)
      return { view: found, item: scan.item }
    }
    const opened = this.#others.get(name) ?? open()
    this.#others.set(name, opened)
    return await opened
  }

  /** One pass over all rows for every check that is a value of them; when it fails, one for each. */
  async pass(plans: readonly PlannedCheck[]): Promise<ReadonlyMap<number, number>> {
    const asked = plans.flatMap(({ sql }, index) =>
      sql?.aggregate === undefined ? [] : [[index, sql.aggregate] as const],
    )
    if (asked.length === 0) return new Map()
    const select = asked.map(([index, aggregate]) => `${aggregate} AS c${index}`).join(', ')
    try {
      const [row = {}] = await this.#session.all<Record<string, number>>(`SELECT ${select} FROM ${await this.#item()}`)
      return new Map(asked.map(([index]) => [index, Number(row[`c${index}`])]))
    } catch (error) {
      known(error)
      return new Map()
    }
  }

  async finding(plan: PlannedCheck, value: number | undefined): Promise<CheckFinding> {
    try {
      return await (plan.spec.kind === 'sql' ? this.#custom(plan.spec) : this.#judged(plan, value))
    } catch (error) {
      return this.#found(plan.spec, { outcome: 'error', message: messageOf(known(error)) })
    }
  }

  async #judged({ spec, sql, error }: PlannedCheck, value: number | undefined): Promise<CheckFinding> {
    if (sql === undefined) throw error
    const count = sql.count ?? `SELECT ${sql.aggregate} AS failing FROM ${await this.#item()}`
    const { failing, problem } = sql.judge(value ?? (await this.#number(count)))
    if (problem === undefined) return this.#found(spec, { failing })
    const rows = sql.rows === undefined ? [] : await this.#session.all(`${sql.rows} LIMIT ${mostSamples}`)
    return this.#found(spec, {
      outcome: 'failed',
      failing,
      message: problem,
      samples: maskedRows(rows, this.#sensitive),
    })
  }

  async #number(sql: string): Promise<number> {
    const [row] = await this.#session.all<{ failing: number }>(sql)
    return row?.failing ?? 0
  }

  /** In the process that runs queries: what its author wrote is no SQL of ours. The table in it is the version that is checked. */
  async #custom(spec: CheckSpec & { kind: 'sql' }): Promise<CheckFinding> {
    const { lake, view, signal } = this.#run
    const pinned = (table: string): bigint | undefined =>
      table === view.name ? view.snapshot?.['snapshot-id'] : undefined
    const text = `SELECT *, count(*) OVER () AS failing_rows FROM (${spec.text}\n) AS failing LIMIT ${mostSamples}`
    const relation = createRelation<{ failing_rows: number }>({ text, values: spec.values }, async () => ({
      ...(await queryHost(lake, signal)),
      resolve: (references) => resolveTables(lake, references, pinned),
    }))
    const rows = await relation.all()
    const failing = rows[0]?.failing_rows ?? 0
    if (failing === 0) return this.#found(spec, { failing })
    const samples = maskedRows(
      rows.map(({ failing_rows: _all, ...row }) => row),
      this.#hidden(rows),
    )
    const message = `${failing} ${failing === 1 ? 'row is' : 'rows are'} wrong`
    return this.#found(spec, { outcome: 'failed', failing, message, samples })
  }

  /** A query may call a column something else: where some are sensitive, only those that are known not to be are shown. */
  #hidden(rows: readonly object[]): ReadonlySet<string> {
    if (this.#sensitive.size === 0) return this.#sensitive
    const open = new Set(
      this.#run.view.schema.fields.map(({ name }) => name).filter((name) => !this.#sensitive.has(name)),
    )
    return new Set(Object.keys(rows[0] ?? {}).filter((name) => !open.has(name)))
  }

  #found({ name, severity }: CheckSpec, fields: Partial<CheckFinding>): CheckFinding {
    const { view, loadId } = this.#run
    const snapshotId = String(view.snapshot?.['snapshot-id'])
    return {
      snapshotId,
      name,
      severity,
      outcome: 'passed',
      failing: null,
      message: null,
      samples: [],
      loadId,
      ...fields,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const scan = await this.#scan?.catch(() => undefined)
    for (const lent of [...this.#lent, ...(scan ? [scan] : [])]) await lent[Symbol.asyncDispose]()
  }
}

function missing(error: unknown): undefined {
  if (!isSluiceError(error, 'TABLE_NOT_FOUND')) throw error
}

/** What a check cannot be made for. Anything else, as an abort, ends the whole. */
function known(error: unknown): Error {
  if (!isSluiceError(error) || fatal.has(error.code)) throw error
  return error
}

const fatal: ReadonlySet<string> = new Set([
  'LAKE_STORAGE_UNAVAILABLE',
  'STORE_UNAVAILABLE',
  'RUN_FENCED',
  'ATTEMPT_CLOSED',
])

function messageOf(error: Error): string {
  return error.message.slice(0, 1_000)
}
