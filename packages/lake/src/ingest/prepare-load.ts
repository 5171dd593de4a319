import { isSluiceError } from '@sluice/core'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { LoadCounts } from '../catalog/lake-catalog.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { recoverLoad } from './careful/recover-load.ts'
import { declaredColumns } from './columns/declared-columns.ts'
import { applyCursor, type BeyondCursor } from './cursor/apply-cursor.ts'
import type { CursorState } from './cursor/cursor-state.ts'
import type { LoadRequest } from './load-request.ts'
import { planSchema, type SchemaPlan } from './plan/plan-schema.ts'
import { readFile } from './plan/read-files.ts'
import type { Reading } from './plan/reading.ts'
import { ownTexts, selectAll, selectStrictly } from './plan/select-rows.ts'
import type { PreparedLoad } from './prepared-load.ts'
import { requireContract } from './require-contract.ts'
import type { SourceFile } from './source/source-file.ts'
import { type StagedSource, stageSource } from './source/stage-source.ts'

/**
 * Makes any source ready to be written into a table: finds its files, tells their dialects and types, fits the table's schema.
 * The result is hopeful (see {@link PreparedLoad}); a source without rows gives one with no records.
 *
 * Throws `LOAD_*`: what cannot be read, what the contract does not allow, more rejected rows than `maxRejected`.
 */
export async function prepareLoad(session: DuckSession, source: unknown, request: LoadRequest): Promise<PreparedLoad> {
  requireContract(request.declared?.contract)
  requireContract(request.options.contract)
  await mkdir(request.staging, { recursive: true })
  const directory = await mkdtemp(path.join(request.staging, 'load-'))
  try {
    const load = new Load(session, request, directory, await stageSource(source, directory, request))
    return (await load.hopeful()) ?? (await load.recovered())
  } catch (cause) {
    await rm(directory, { recursive: true, force: true })
    throw cause
  }
}

/** One source on its way into one table. */
class Load {
  readonly #session: DuckSession
  readonly #request: LoadRequest
  readonly #files: readonly SourceFile[]
  readonly #directory: string
  readonly #source: StagedSource

  constructor(session: DuckSession, request: LoadRequest, directory: string, source: StagedSource) {
    this.#session = session
    this.#request = request
    this.#files = source.files
    this.#directory = directory
    this.#source = source
  }

  /** Undefined when a file is known to need a close look. */
  async hopeful(): Promise<PreparedLoad | undefined> {
    if (this.#files.some((file) => file.format !== 'parquet' && file.suspect !== undefined)) return undefined
    const readings = await this.#readAll()
    if (readings === undefined) return undefined
    const request = this.#request
    const columns = readings.flatMap((reading) => reading.columns)
    const plan = planSchema(request, columns, declaredColumns(request.declared))
    const records = readings.reduce((sum, reading) => sum + reading.records, 0)
    const beyond = await this.#beyond(plan, readings)
    if (beyond === undefined) return undefined
    const { filtered } = beyond
    return {
      ...this.#prepared(
        plan,
        beyond.readings.map((reading) => selectStrictly(request, plan, reading)),
        { records, loaded: records - filtered, quarantined: 0, discarded: 0, filtered },
        beyond.state,
      ),
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
    return { ...this.#prepared(plan, selects, counts, cursor), rejected }
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
      for (const file of this.#files) readings.push(await readFile(this.#session, file, this.#request))
      return readings
    })
  }

  #prepared(
    plan: SchemaPlan,
    selects: readonly string[],
    counts: LoadCounts,
    cursor: CursorState | undefined,
  ): PreparedLoad {
    return {
      schema: plan.schema,
      lastColumnId: plan.lastColumnId,
      schemaUpdates: plan.updates,
      change: plan.change,
      select: selectAll(selects, plan.schema),
      dictionaries: ownTexts(this.#request, this.#files),
      rejected: undefined,
      counts,
      source: this.#source.text,
      raw: this.#source.raw,
      files: this.#files.flatMap(({ identity }) => identity ?? []),
      ...(cursor !== undefined && { cursor }),
      [Symbol.asyncDispose]: () => rm(this.#directory, { recursive: true, force: true }),
    }
  }
}

async function orUndefined<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (cause) {
    if (isSluiceError(cause, 'LAKE_QUERY_FAILED')) return undefined
    throw cause
  }
}
