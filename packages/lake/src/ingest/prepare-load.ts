import { isSluiceError } from '@sluice/core'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { LoadCounts } from '../catalog/lake-catalog.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { planRewrites } from './careful/plan-rewrites.ts'
import { recoverLoad } from './careful/recover-load.ts'
import { requireCsv } from './csv/require-csv.ts'
import { declaredColumns } from './columns/declared-columns.ts'
import { applyCursor, type BeyondCursor } from './cursor/apply-cursor.ts'
import type { CursorState } from './cursor/cursor-state.ts'
import type { LoadRequest } from './load-request.ts'
import { planSchema, type SchemaPlan } from './plan/plan-schema.ts'
import { type PlainReading, plainReading } from './plan/plain-reading.ts'
import { readFile } from './plan/read-files.ts'
import type { Reading } from './plan/reading.ts'
import { ownTexts, selectAll, selectStrictly } from './plan/select-rows.ts'
import type { AnyPreparedLoad, LoadToWrite, PreparedLoad } from './prepared-load.ts'
import { requireContract, requireShare } from './require-contract.ts'
import { scanPlain } from './source/scan-plain.ts'
import type { SourceFile } from './source/source-file.ts'
import { type StagedSource, stageSource } from './source/stage-source.ts'
import { countCsv } from './source/stage-text.ts'

/**
 * Makes any source ready to be written into a table: finds its files, tells their dialects and types, fits the table's schema.
 * The result is hopeful (see {@link PreparedLoad}); a source without rows gives one with no records.
 *
 * Throws `LOAD_*`: what cannot be read, what the contract does not allow, more rejected rows than `maxRejected`.
 */
export async function prepareLoad(
  session: DuckSession,
  source: unknown,
  request: LoadRequest,
): Promise<AnyPreparedLoad> {
  requireContract(request.declared?.contract)
  requireContract(request.options.contract)
  requireShare(request.declared?.maxRejected)
  requireShare(request.options.maxRejected)
  requireCsv(request.options.csv)
  await mkdir(request.staging, { recursive: true })
  const directory = await mkdtemp(path.join(request.staging, 'load-'))
  try {
    const load = new Load(session, request, directory, await stageSource(source, directory, request))
    return (await load.plain()) ?? (await load.counted())
  } catch (cause) {
    await rm(directory, { recursive: true, force: true })
    throw cause
  }
}

/** One source on its way into one table. */
class Load {
  readonly #session: DuckSession
  readonly #request: LoadRequest
  #files: readonly SourceFile[]
  readonly #readings = new Map<number, Reading>()
  readonly #directory: string
  readonly #source: StagedSource

  constructor(session: DuckSession, request: LoadRequest, directory: string, source: StagedSource) {
    this.#session = session
    this.#request = request
    this.#files = source.files
    this.#directory = directory
    this.#source = source
  }

  /** What is read typed; undefined where a file is known not to be plain. */
  async plain(): Promise<AnyPreparedLoad | undefined> {
    if (this.#request.cursor !== undefined) return undefined
    if (!this.#files.every((file) => file.format === 'csv' && file.suspect === undefined)) return undefined
    const readings = await this.#readAll()
    if (readings === undefined || readings.length === 0 || readings.some(isProved)) return undefined
    const plan = await this.#planOf(readings)
    const plain = readings.flatMap((reading) => plainReading(plan, reading) ?? [])
    const known = await this.#count(plain.filter(({ reading }) => reading.records !== undefined))
    if (known === undefined) return undefined
    const unknown = plain.filter(({ reading }) => reading.records === undefined)
    const selects = plain.map(({ reading }) => selectStrictly(this.#request, plan, reading))
    const load = { ...this.#prepared(plan, selects, undefined), recover: () => this.counted() }
    if (unknown.length === 0) return { ...load, counts: allLoaded(known) }
    return {
      ...load,
      count: async () => {
        const rest = await this.#count(unknown)
        if (rest !== undefined) return allLoaded(known + rest)
        // Nobody wants what is written of a file that is not plain.
        this.#session.interrupt()
        return undefined
      },
    }
  }

  /** Undefined: one of them is not plain. */
  async #count(files: readonly PlainReading[]): Promise<number | undefined> {
    let records = 0
    for (const { path: file, form } of files) {
      const found = await scanPlain(file, form, this.#request.signal)
      if (found === undefined) return undefined
      records += found
    }
    return records
  }

  async counted(): Promise<PreparedLoad> {
    const { signal } = this.#request
    const files: SourceFile[] = []
    for (const file of this.#files) files.push(file.format === 'csv' ? await countCsv(file, signal) : file)
    this.#files = files
    return (await this.#hopeful()) ?? (await this.recovered())
  }

  /** Undefined when a file is known to need a close look. */
  async #hopeful(): Promise<PreparedLoad | undefined> {
    if (this.#files.some((file) => file.format !== 'parquet' && file.suspect !== undefined)) return undefined
    const readings = await this.#readAll()
    if (readings === undefined) return undefined
    const request = this.#request
    const plan = await this.#planOf(readings)
    const records = readings.reduce((sum, reading) => sum + (reading.records ?? 0), 0)
    const beyond = await this.#beyond(plan, readings)
    if (beyond === undefined) return undefined
    const { filtered } = beyond
    return {
      ...this.#prepared(
        plan,
        beyond.readings.map((reading) => selectStrictly(request, plan, reading)),
        beyond.state,
      ),
      counts: { ...allLoaded(records), loaded: records - filtered, filtered },
      recover: () => this.recovered(),
    }
  }

  async recovered(): Promise<PreparedLoad> {
    const { plan, selects, counts, rejected, cursor } = await recoverLoad(
      this.#session,
      this.#files,
      this.#directory,
      this.#request,
    )
    return { ...this.#prepared(plan, selects, cursor), counts, rejected }
  }

  /** Undefined where a file cannot be read strictly. */
  async #beyond(plan: SchemaPlan, readings: readonly Reading[]): Promise<BeyondCursor | undefined> {
    const { cursor } = this.#request
    if (cursor === undefined) return { readings, filtered: 0, state: undefined }
    return orUndefined(() => applyCursor(this.#session, plan, readings, cursor, this.#directory))
  }

  async #readAll(): Promise<readonly Reading[] | undefined> {
    return orUndefined(async () => {
      const readings: Reading[] = []
      for (const [i, file] of this.#files.entries()) readings.push(await this.#read(i, file))
      return readings
    })
  }

  /** A file that was counted meanwhile is looked at once, unless its lines end otherwise than they seemed to. */
  async #read(i: number, file: SourceFile): Promise<Reading> {
    const known = this.#readings.get(i)
    const isSame = known?.file.format === 'csv' && file.format === 'csv' && known.file.lineEnd === file.lineEnd
    const reading = isSame
      ? { ...known, file, records: file.records }
      : await readFile(this.#session, file, this.#request)
    this.#readings.set(i, reading)
    return reading
  }

  async #planOf(readings: readonly Reading[]): Promise<SchemaPlan> {
    const columns = readings.flatMap((reading) => reading.columns)
    // What is declared may have become another type: that needs no look at the rows.
    const rewritten = await planRewrites(this.#session, this.#request, [])
    return planSchema(this.#request, columns, declaredColumns(this.#request.declared), rewritten)
  }

  #prepared(plan: SchemaPlan, selects: readonly string[], cursor: CursorState | undefined): LoadToWrite {
    return {
      schema: plan.schema,
      lastColumnId: plan.lastColumnId,
      schemaUpdates: plan.updates,
      change: plan.change,
      rewritten: plan.rewritten,
      select: selectAll(selects, plan.schema),
      dictionaries: ownTexts(this.#request, this.#files),
      rejected: undefined,
      source: this.#source.text,
      raw: this.#source.raw,
      files: this.#files.flatMap(({ identity }) => identity ?? []),
      ...(cursor !== undefined && { cursor }),
      [Symbol.asyncDispose]: () => rm(this.#directory, { recursive: true, force: true }),
    }
  }
}

function allLoaded(records: number): LoadCounts {
  return { records, loaded: records, quarantined: 0, discarded: 0, filtered: 0 }
}

/** All of its rows were looked at: no test is left to be saved. */
function isProved({ columns }: Reading): boolean {
  return columns.some(({ proved }) => proved === true)
}

async function orUndefined<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (cause) {
    if (isSluiceError(cause, 'LAKE_QUERY_FAILED')) return undefined
    throw cause
  }
}
