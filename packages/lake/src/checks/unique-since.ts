import { identifier } from '../duckdb/quote.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import type { Scan } from '../duckdb/scan.ts'
import type { ManifestEntry, ManifestFile } from '../format/manifest.ts'
import type { Predicate } from '../format/predicate.ts'
import type { Snapshot } from '../format/table-metadata.ts'
import { keysPredicate } from '../table/keys-predicate.ts'
import type { OpenLake } from '../table/lake.ts'
import { scanLent } from '../table/plain-files.ts'
import { type FoundView, planView } from '../table/read-rows.ts'
import { type CheckSql, duplicates } from './check-sql.ts'

/** Where a version differs from one before it. */
export interface AddedFiles {
  /** Paths of files that the one before does not have. Rows of all others are rows that it has. */
  readonly paths: ReadonlySet<string>
}

/**
 * The files of a version that another one does not have. Undefined: that does not help, as rows are deleted by position somewhere, or more
 * than half of all rows are in new files.
 */
export async function addedSince(lake: OpenLake, view: FoundView, base: Snapshot): Promise<AddedFiles | undefined> {
  const { metadata, pointer, snapshot } = view
  if (snapshot === undefined) return undefined
  const place = { location: metadata.location, directory: pointer.directory }
  const [now, before] = await Promise.all(
    [snapshot, base].map((each) => lake.manifests.list(place, each['manifest-list'])),
  )
  if (!now || !before || [...now, ...before].some(({ content }) => content === 'deletes')) return undefined
  const live = async (some: readonly ManifestFile[]): Promise<readonly ManifestEntry[]> =>
    (await Promise.all(some.map((manifest) => lake.manifests.entries(place, manifest))))
      .flat()
      .filter(({ status }) => status !== 'deleted')
  const [own, gone] = await Promise.all([live(without(now, before)), live(without(before, now))])
  const known = new Set(gone.map(({ file }) => file.path))
  const fresh = own.filter(({ file }) => !known.has(file.path))
  const rows = fresh.reduce((sum, { file }) => sum + file.records, 0)
  const total = now.reduce((sum, { addedRows, existingRows }) => sum + addedRows + existingRows, 0)
  return rows * 2 > total ? undefined : { paths: new Set(fresh.map(({ file }) => file.path)) }
}

function without(some: readonly ManifestFile[], others: readonly ManifestFile[]): readonly ManifestFile[] {
  const paths = new Set(others.map(({ path }) => path))
  return some.filter(({ path }) => !paths.has(path))
}

/** Whether values that are equal have one form: of floats and of what is nested that is not so sure. */
export function isPlainKey({ schema }: FoundView, columns: readonly string[]): boolean {
  return columns.every((column) => {
    const type = schema.fields.find(({ name }) => name === column)?.type
    return typeof type === 'string' && type !== 'float' && type !== 'double'
  })
}

/** The check, and files that are lent for it. */
export interface UniqueSince extends AsyncDisposable {
  readonly sql: CheckSql
}

/**
 * A key that was unique before the new files came can be so no more only by one of their rows: these are looked at, and of the other
 * rows those with one of their keys, in files that may have one. Says just what a look at all rows says.
 */
export async function uniqueSince(
  { lake, session, view }: { readonly lake: OpenLake; readonly session: DuckSession; readonly view: FoundView },
  { paths }: AddedFiles,
  columns: readonly string[],
  temporary: string,
): Promise<UniqueSince> {
  const names = columns.map(identifier)
  const own = names.map((_, i) => `k${i}`).join(', ')
  const keys = names.map((name, i) => `${name} AS k${i}`).join(', ')
  const known = names.map((name) => `${name} IS NOT NULL`).join(' AND ')
  {
    await using added = await scanSome(lake, view, (path) => paths.has(path))
    await session.run(
      `CREATE OR REPLACE TEMP TABLE ${temporary} AS SELECT ${own}, count(*) AS n
        FROM (SELECT ${keys} FROM ${added.item} WHERE ${known}) GROUP BY ${own}`,
    )
  }
  const where = await keysPredicate({ session, table: view.name, schema: view.schema }, temporary, columns)
  const others = await scanSome(lake, view, (path) => !paths.has(path), where)
  const before = `SELECT ${own}, count(*) AS n FROM (SELECT ${keys} FROM ${others.item} WHERE ${known})
    SEMI JOIN ${temporary} USING (${own}) GROUP BY ${own}`
  const shown = names.map((name, i) => `k${i} AS ${name}`).join(', ')
  const rows = `SELECT ${shown}, rows_alike FROM (SELECT ${own}, (a.n + coalesce(b.n, 0))::BIGINT AS rows_alike
    FROM ${temporary} AS a LEFT JOIN (${before}) AS b USING (${own})) WHERE rows_alike > 1`
  return { sql: duplicates(rows), [Symbol.asyncDispose]: () => others[Symbol.asyncDispose]() }
}

async function scanSome(
  lake: OpenLake,
  view: FoundView,
  isWanted: (path: string) => boolean,
  where?: Predicate,
): Promise<Scan> {
  const { entries, needed, ...plan } = await planView(lake, view, where)
  const wanted = entries.map(({ file }) => isWanted(file.path))
  const lent = await lake.storage.lend(needed.filter((_, i) => wanted[i] === true))
  return scanLent(lake, { ...plan, entries: entries.filter((_, i) => wanted[i] === true), lent })
}
