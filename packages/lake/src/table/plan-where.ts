import { SluiceError } from '@sluice/core'
import type { DataFile } from '../format/manifest.ts'
import {
  type ChangeBase,
  columnsOf,
  file,
  liveRows,
  type LiveRows,
  type PlannedRewrite,
  putSelect,
} from './live-rows.ts'
import type { Condition } from './where.ts'

interface FileMatches {
  readonly local: string
  readonly rows: number
  readonly matches: number
}

/**
 * Takes the rows that fulfil a condition out of a branch: files that cannot hold one are not opened, files without one stay, files of
 * nothing else go as they are, and of the others the rest is written anew.
 */
export async function planWhere(base: ChangeBase, condition: Condition): Promise<PlannedRewrite> {
  await using rows = await liveRows(base, { where: condition.predicate })
  const touched = rows.count === 0 ? [] : await matchesOf(base, rows, condition)
  const partly = touched.filter((each) => each.matches < each.rows)
  const kept = await putRest(
    base,
    partly.map(({ local }) => rows.pathOf(local)),
    condition,
  )
  const deleted = sum(touched, (each) => each.matches)
  requireRows(
    base,
    kept.rows,
    sum(partly, (each) => each.rows - each.matches),
  )
  return {
    removed: new Set(touched.map(({ local }) => rows.pathOf(local))),
    files: kept.files,
    operation: partly.length === 0 ? 'delete' : 'overwrite',
    changes: { inserted: 0, updated: 0, deleted },
    filtered: 0,
  }
}

function matchesOf({ session }: ChangeBase, { item }: LiveRows, { sql }: Condition): Promise<readonly FileMatches[]> {
  return session.all<FileMatches>(
    `SELECT * FROM (SELECT ${file} AS "local", count(*) AS "rows", count(*) FILTER (WHERE ${sql}) AS matches
      FROM ${item} GROUP BY ALL) WHERE matches > 0`,
  )
}

async function putRest(
  base: ChangeBase,
  paths: readonly string[],
  { sql }: Condition,
): Promise<{ readonly files: readonly DataFile[]; readonly rows: number }> {
  if (paths.length === 0) return { files: [], rows: 0 }
  await using rows = await liveRows(base, { only: new Set(paths) })
  return await putSelect(base, `SELECT ${columnsOf(base)} FROM ${rows.item} WHERE (${sql}) IS NOT TRUE`)
}

/** Before anything is committed: no row is lost, none is invented. */
export function requireRows({ table }: ChangeBase, written: number, expected: number): void {
  if (written !== expected)
    throw new SluiceError('LOAD_COUNT_MISMATCH', {
      source: table,
      problem: `${expected} rows were to be written anew, ${written} were`,
    })
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
