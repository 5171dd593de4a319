import { SluiceError } from '@sluice/core'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { literal } from '../duckdb/quote.ts'
import { prepareLoad } from '../ingest/prepare-load.ts'
import { writePrepared } from '../ingest/write-prepared.ts'
import type { OpenLake } from '../table/lake.ts'
import { isRelation } from './query-source.ts'

/** What a query reads beside tables of the lake, by the name that it has there: anything that could be loaded, or a promise of it. */
export type OutsideSources = Readonly<Record<string, unknown>>

/** Outside sources as files of this machine, until the query has ended. */
export interface StagedSources extends AsyncDisposable {
  readonly files: ReadonlyMap<string, string>
}

/** Throws `OPTION_INVALID` for a name that SQL would not take as it is. */
export function requireNames(from: OutsideSources): void {
  const odd = Object.keys(from).find((name) => !/^[a-z_][a-z0-9_]*$/i.test(name))
  if (odd === undefined) return
  throw new SluiceError('OPTION_INVALID', { option: 'from', problem: `'${odd}' is no name: letters, digits and _` })
}

/** Streams sources to temporary Parquet files. They are read as strictly as can be: a row that does not fit fails the query. */
export async function stageSources(
  lake: OpenLake,
  directory: string,
  from: OutsideSources,
  signal: AbortSignal | undefined,
): Promise<StagedSources> {
  const place = await mkdtemp(path.join(directory, 'outside-'))
  const remove = (): Promise<void> => rm(place, { recursive: true, force: true })
  try {
    const files = new Map<string, string>()
    for (const [name, source] of Object.entries(from)) {
      const file = path.join(place, `${files.size}.parquet`)
      await stageOne(lake, await source, { place, file, signal })
      files.set(name.toLowerCase(), file)
    }
    return { files, [Symbol.asyncDispose]: remove }
  } catch (cause) {
    await remove()
    throw cause
  }
}

interface Target {
  readonly place: string
  readonly file: string
  readonly signal: AbortSignal | undefined
}

async function stageOne(lake: OpenLake, source: unknown, { place, file, signal }: Target): Promise<void> {
  if (isRelation(source)) return void (await source.writeParquet(file))
  await using session = await (await lake.duck()).session(signal && { signal })
  await using prepared = await prepareLoad(session, source, {
    table: undefined,
    options: { maxRejected: 0 },
    loadId: '',
    now: lake.platform.now(),
    staging: place,
    signal: signal ?? new AbortController().signal,
  })
  const { load } = await writePrepared(prepared, async ({ select }) => {
    const bare = `SELECT * EXCLUDE (_loaded_at, _load_id, _source_file) FROM (${select})`
    const [copied] = await session.all<{ Count: number }>(`COPY (${bare}) TO ${literal(file)} (FORMAT parquet)`)
    return { rows: copied?.Count ?? 0 }
  })
  await load[Symbol.asyncDispose]()
}
