import { SluiceError } from '@sluice/core'
import type { LakeCatalog, TablePointer } from '../catalog/lake-catalog.ts'
import { type Scan, scanSql } from '../duckdb/scan.ts'
import type { OpenLake } from '../table/lake.ts'
import { type PlannedView, planView } from '../table/read-rows.ts'
import { arePlain } from '../table/plain-files.ts'
import { resolveVersion } from '../table/resolve-version.ts'
import type { Version } from '../table/types.ts'
import type { TableReference } from './read-references.ts'
import type { ResolvedTables } from './relation.ts'
import { timeMark } from './sql-text.ts'

/** So often tables may move while they are read together. */
const mostReads = 50

/** The files of all tables that a query names, as they were at one moment. Throws `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`. */
export async function resolveTables(
  lake: OpenLake,
  references: readonly TableReference[],
  /** Which version a table is for this query, where it names none: else what `main` holds. */
  pinned: (table: string) => Version | undefined = () => undefined,
): Promise<ResolvedTables> {
  const named = references.map(namedTable)
  const pointers = await readTogether(lake.catalog, new Set(named.map(({ name }) => name)))
  const tables = await Promise.all(
    named.map(async ({ name, version }) => {
      const pointer = pointers.get(name)
      if (!pointer) throw new SluiceError('TABLE_NOT_FOUND', { table: name })
      const metadata = await lake.catalog.metadata(pointer)
      const found = resolveVersion(name, metadata, version ?? pinned(name))
      const plan = await planView(lake, { name, pointer, metadata, ...found })
      const snapshotId = found.snapshot?.['snapshot-id']
      return { plan, read: { dataset: name, ...(snapshotId !== undefined && { snapshotId }) } }
    }),
  )
  const scans = await scanTogether(
    lake,
    tables.map(({ plan }) => plan),
  )
  return { ...scans, reads: tables.map(({ read }) => read) }
}

/** The files of all tables are lent at once: what does not fit together is told before any of them is there. */
async function scanTogether(lake: OpenLake, plans: readonly PlannedView[]): Promise<Omit<ResolvedTables, 'reads'>> {
  const lent = await lake.storage.lend(plans.flatMap(({ needed }) => needed))
  const giveBack = async (): Promise<void> => lent[Symbol.asyncDispose]()
  try {
    const scans: Scan[] = []
    let from = 0
    for (const plan of plans) {
      const paths = lent.paths.slice(from, (from += plan.needed.length))
      const plain = await arePlain(lake, paths, plan)
      scans.push(await scanSql({ ...plan, plain, lent: { paths, async [Symbol.asyncDispose]() {} } }))
    }
    return {
      items: scans.map(({ item }) => item),
      files: scans.flatMap(({ files }) => files),
      [Symbol.asyncDispose]: giveBack,
    }
  } catch (error) {
    await giveBack()
    throw error
  }
}

/** A name as SQL has it: letters of any case, and the version behind an `@`. */
function namedTable({ schema, table }: TableReference): { readonly name: string; readonly version?: Version } {
  const at = table.indexOf('@')
  const name = `${schema}.${at < 0 ? table : table.slice(0, at)}`.toLowerCase()
  if (at < 0) return { name }
  const version = table.slice(at + 1)
  return { name, version: version.startsWith(timeMark) ? timeOf(name, version.slice(timeMark.length)) : version }
}

/** A time without a zone is UTC, as it is everywhere in the lake. */
function timeOf(table: string, text: string): Date {
  const local = /^(?<day>\d{4}-\d\d-\d\d)(?:[ T](?<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?$/.exec(text)
  const { day, time = '00:00' } = local?.groups ?? {}
  const date = new Date(day === undefined ? text : `${day}T${time}Z`)
  if (Number.isNaN(date.getTime())) throw new SluiceError('TABLE_VERSION_NOT_FOUND', { table, version: text })
  return date
}

/**
 * The pointers as they were at one moment: read until two reads agree. Versions only grow, so that between those two reads all
 * of them stood as they were read.
 */
async function readTogether(
  catalog: LakeCatalog,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, TablePointer>> {
  let last = await readPointers(catalog, names)
  for (let reads = 1; names.size > 1; reads++) {
    const again = await readPointers(catalog, names)
    if (samePointers(last, again)) return again
    if (reads === mostReads) throw new SluiceError('LAKE_QUERY_FAILED', { problem: 'its tables change all the time' })
    last = again
  }
  return last
}

async function readPointers(
  catalog: LakeCatalog,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, TablePointer>> {
  const found = await Promise.all([...names].map((name) => catalog.find(name)))
  return new Map(found.flatMap((pointer) => (pointer ? [[pointer.name, pointer]] : [])))
}

function samePointers(a: ReadonlyMap<string, TablePointer>, b: ReadonlyMap<string, TablePointer>): boolean {
  const same = ([name, { id, version }]: readonly [string, TablePointer]): boolean =>
    b.get(name)?.id === id && b.get(name)?.version === version
  return a.size === b.size && [...a].every(same)
}
