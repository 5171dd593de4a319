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

/** Checks of one version of a table. */
export interface CheckRun {
  readonly lake: OpenLake
  readonly view: FoundView
  readonly checks: readonly CheckSpec[]
  readonly loadId: string | null
  readonly signal?: AbortSignal | undefined
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
  await using scan = await scanView(lake, view)
  const checking = new Checking(run, session, scan)
  const plans = await Promise.all(checks.map((spec) => checking.plan(spec)))
  const values = await checking.pass(plans)
  const findings: CheckFinding[] = []
  for (const [index, plan] of plans.entries()) findings.push(await checking.finding(plan, values.get(index)))
  await checking.end()
  return findings
}

interface PlannedCheck {
  readonly spec: CheckSpec
  readonly sql?: CheckSql
  readonly error?: unknown
}

class Checking {
  readonly #run: CheckRun
  readonly #session: DuckSession
  readonly #scan: Scan
  readonly #others = new Map<string, Promise<{ readonly view: FoundView; readonly scan: Scan }>>()
  readonly #sensitive: ReadonlySet<string>

  constructor(run: CheckRun, session: DuckSession, scan: Scan) {
    this.#run = run
    this.#session = session
    this.#scan = scan
    const text = run.view.metadata.properties?.['sluice.sensitive']
    this.#sensitive = new Set(text === undefined ? [] : (JSON.parse(text) as readonly string[]))
  }

  async plan(spec: CheckSpec): Promise<PlannedCheck> {
    if (spec.kind === 'sql') return { spec }
    const { lake, view } = this.#run
    try {
      const to = spec.kind === 'relationship' ? await this.#other(spec.to.table) : undefined
      const other = to && { schema: to.view.schema, item: to.scan.item }
      const place = { table: view.name, schema: view.schema, item: this.#scan.item, other, now: lake.platform.now() }
      return { spec, sql: checkSql(spec, place) }
    } catch (error) {
      return { spec, error: known(error) }
    }
  }

  /** A table that refers to itself is looked up in what is checked. */
  #other(name: string): Promise<{ readonly view: FoundView; readonly scan: Scan }> {
    const { lake, view } = this.#run
    if (name === view.name) return Promise.resolve({ view, scan: this.#scan })
    const open = async (): Promise<{ readonly view: FoundView; readonly scan: Scan }> => {
      const found = await findView(lake, name, undefined)
      return { view: found, scan: await scanView(lake, found) }
    }
    const opened = this.#others.get(name) ?? open()
    this.#others.set(name, opened)
    return opened
  }

  /** One pass over all rows for every check that is a value of them; when it fails, one for each. */
  async pass(plans: readonly PlannedCheck[]): Promise<ReadonlyMap<number, number>> {
    const asked = plans.flatMap(({ sql }, index) =>
      sql?.aggregate === undefined ? [] : [[index, sql.aggregate] as const],
    )
    if (asked.length === 0) return new Map()
    const select = asked.map(([index, aggregate]) => `${aggregate} AS c${index}`).join(', ')
    try {
      const [row = {}] = await this.#session.all<Record<string, number>>(`SELECT ${select} FROM ${this.#scan.item}`)
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
    const count = sql.count ?? `SELECT ${sql.aggregate} AS failing FROM ${this.#scan.item}`
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

  async end(): Promise<void> {
    for (const opened of this.#others.values()) {
      const other = await opened.catch(() => undefined)
      await other?.scan[Symbol.asyncDispose]()
    }
  }
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
