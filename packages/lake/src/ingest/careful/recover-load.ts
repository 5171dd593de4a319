import { isSluiceError } from '@sluice/core'
import path from 'node:path'
import type { DuckSession } from '../../duckdb/duck-session.ts'
import { declaredColumns } from '../columns/declared-columns.ts'
import { applyCursor } from '../cursor/apply-cursor.ts'
import type { CursorState } from '../cursor/cursor-state.ts'
import type { LoadRequest } from '../load-request.ts'
import { planSchema, type SchemaPlan } from '../plan/plan-schema.ts'
import { inferTypes, readFile } from '../plan/read-files.ts'
import type { Reading } from '../plan/reading.ts'
import { selectStrictly } from '../plan/select-rows.ts'
import type { SourceFile } from '../source/source-file.ts'
import { type ClosedLoad, closeLoad, isCareful } from './close-load.ts'
import { planRewrites } from './plan-rewrites.ts'
import { readCarefully } from './read-carefully.ts'
import { widenTexts } from './widen-texts.ts'
import { openRejections } from './rejections.ts'

export interface RecoveredLoad extends ClosedLoad {
  readonly plan: SchemaPlan
  readonly cursor: CursorState | undefined
}

/**
 * Looks closely at what was read hopefully: types by all rows, and the files that cannot be read strictly split by ourselves.
 * Each step may find that one more file needs it, so that files that are fine stay on the fast path.
 */
export async function recoverLoad(
  session: DuckSession,
  files: readonly SourceFile[],
  directory: string,
  request: LoadRequest,
): Promise<RecoveredLoad> {
  await using rejections = await openRejections(path.join(directory, 'rejected'), request)
  const carefully = (file: SourceFile, i: number): Promise<Reading> =>
    readCarefully(session, file, path.join(directory, `${i}.split`), rejections, request)
  let readings: readonly Reading[] = await mapInOrder(files, async (file, i) => {
    const reading = (await readWhole(session, file, request)) ?? (await carefully(file, i))
    return widenTexts(session, request, reading)
  })
  const declared = declaredColumns(request.declared)
  const planned = async (): Promise<SchemaPlan> =>
    planSchema(
      request,
      readings.flatMap(({ columns }) => columns),
      declared,
      await planRewrites(session, request, readings),
    )
  const first = await planned()
  readings = await mapInOrder(readings, async (reading, i) =>
    isCareful(reading) || (await fitsStrictly(session, request, first, reading))
      ? reading
      : widenTexts(session, request, await carefully(reading.file, i)),
  )
  const plan = await planned()
  const { cursor } = request
  const beyond = cursor && (await applyCursor(session, plan, readings, cursor, directory))
  const closed = await closeLoad(session, request, plan, beyond ?? { readings, filtered: 0 }, rejections)
  return { plan, ...closed, cursor: beyond?.state }
}

/** A file as DuckDB reads it strictly; undefined where it cannot, or reads another number of rows than there are. */
async function readWhole(session: DuckSession, file: SourceFile, request: LoadRequest): Promise<Reading | undefined> {
  if (file.format === 'parquet') return readFile(session, file, request)
  if (file.suspect !== undefined) return undefined
  try {
    const { reading, rows } = await inferTypes(session, await readFile(session, file, request))
    return rows === reading.records ? reading : undefined
  } catch (error) {
    if (isSluiceError(error, 'LAKE_QUERY_FAILED')) return undefined
    throw error
  }
}

async function fitsStrictly(
  session: DuckSession,
  request: LoadRequest,
  plan: SchemaPlan,
  reading: Reading,
): Promise<boolean> {
  try {
    // Every column is counted, so that every value is converted.
    const [found] = await session.all<{ n: number }>(
      `SELECT count(*) AS n, count(COLUMNS(*)) FROM (${selectStrictly(request, plan, reading)})`,
    )
    return found?.n === reading.records
  } catch (error) {
    if (isSluiceError(error, 'LAKE_QUERY_FAILED')) return false
    throw error
  }
}

async function mapInOrder<From, To>(
  items: readonly From[],
  work: (item: From, i: number) => Promise<To>,
): Promise<readonly To[]> {
  const done: To[] = []
  for (const [i, item] of items.entries()) done.push(await work(item, i))
  return done
}
