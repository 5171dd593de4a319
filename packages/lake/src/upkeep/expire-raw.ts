import { isSluiceError } from '@sluice/core'
import { rawDirectory, readRawKey } from '../raw/raw-keys.ts'
import { rawAgeIn } from '../raw/raw-properties.ts'
import type { StoredFile } from '../storage/lake-storage.ts'
import type { OpenLake } from '../table/lake.ts'
import { findTable } from '../table/write-target.ts'
import { defaultWriteGraceMs } from './finish-deletions.ts'
import { neededRaw } from './needed-raw.ts'
import { plannedDeletions, writeDeletion } from './planned-deletion.ts'

export interface ExpireRaw {
  /** Default: all of them, also those that are not there any more. */
  readonly table?: string
  readonly dryRun?: boolean
}

export interface RawExpiry {
  readonly files: number
  readonly bytes: number
}

/** One load's files below `raw/`. */
interface Kept {
  readonly table: string
  readonly directory: string
  readonly files: readonly StoredFile[]
  readonly isWhole: boolean
}

/**
 * Plans the deletion of what sources gave and that is older than its table says, and of what loads have left that were killed while they put it away. What is
 * needed stays: see {@link neededRaw}. It is looked at once more when it is deleted.
 */
export async function expireRaw(lake: OpenLake, { table, dryRun = false }: ExpireRaw = {}): Promise<RawExpiry> {
  const all = await keptBelow(lake, table === undefined ? 'raw/' : `${rawDirectory(table)}/`)
  let [files, bytes] = [0, 0]
  for (const [of, kept] of Map.groupBy(all, (each) => each.table)) {
    const due = await dueOf(lake, of, kept)
    files += due.length
    bytes += due.reduce((sum, { size }) => sum + size, 0)
    if (due.length > 0 && !dryRun) await plan(lake, of, due)
  }
  return { files, bytes }
}

async function keptBelow({ storage }: OpenLake, prefix: string): Promise<readonly Kept[]> {
  const found = new Map<string, { table: string; files: StoredFile[]; isWhole: boolean }>()
  for await (const file of storage.list(prefix)) {
    const key = readRawKey(file.key)
    if (key === undefined) continue
    const kept = found.get(key.directory) ?? { table: key.table, files: [], isWhole: false }
    kept.files.push(file)
    kept.isWhole ||= key.kind === 'manifest'
    found.set(key.directory, kept)
  }
  return [...found].map(([directory, kept]) => Object.assign(kept, { directory }))
}

async function dueOf(lake: OpenLake, table: string, kept: readonly Kept[]): Promise<readonly StoredFile[]> {
  const now = lake.platform.now()
  const ageMs = rawAgeIn((await findTable(lake.catalog, table))?.metadata)
  // What a load puts away without its manifest is nobody's, once the load cannot be at it any more.
  const old = kept.filter(
    ({ files, isWhole }) =>
      now - Math.max(...files.map(({ modifiedAt }) => modifiedAt)) >= (isWhole ? ageMs : defaultWriteGraceMs),
  )
  if (old.length === 0) return []
  const planned = new Set((await plannedDeletions(lake.storage, rawDirectory(table))).flatMap(({ files }) => files))
  const open = old.filter(({ files }) => files.some(({ key }) => !planned.has(key)))
  const needed = await neededRaw(
    lake,
    table,
    open.map(({ directory }) => directory),
  )
  return open.filter(({ directory }) => !needed.has(directory)).flatMap(({ files }) => manifestFirst(files))
}

/** What is left of a package without its manifest is no load's to go on from. */
function manifestFirst(files: readonly StoredFile[]): readonly StoredFile[] {
  return files.toSorted((one, other) => rank(one) - rank(other))
}

const rank = ({ key }: StoredFile): number => (readRawKey(key)?.kind === 'manifest' ? 0 : 1)

async function plan(
  { storage, platform, catalog }: OpenLake,
  table: string,
  due: readonly StoredFile[],
): Promise<void> {
  const tableId = (await catalog.find(table))?.id ?? ''
  const files = due.map(({ key }) => key)
  await writeDeletion(storage, platform.newId(), {
    table,
    tableId,
    directory: rawDirectory(table),
    at: platform.now(),
    files,
  })
}

/** When all of `raw/` was looked at last. */
const lookedKey = '_upkeep/raw.looked.json'
const dayMs = 86_400_000

/** All of the lake's raw zone, once a day: also what belongs to tables that nobody loads into any more. */
export async function tendRaw(lake: OpenLake): Promise<void> {
  const { storage, platform } = lake
  if (!(await hasRaw(lake)) || platform.now() - (await lookedAt(lake)) < dayMs) return
  await storage.put(lookedKey, `${JSON.stringify({ at: platform.now() })}\n`)
  await expireRaw(lake)
}

async function hasRaw({ storage }: OpenLake): Promise<boolean> {
  for await (const { key } of storage.list('raw/')) if (readRawKey(key)) return true
  return false
}

async function lookedAt({ storage }: OpenLake): Promise<number> {
  try {
    const { at } = JSON.parse(new TextDecoder().decode(await storage.get(lookedKey))) as { readonly at?: unknown }
    return typeof at === 'number' ? at : 0
  } catch (error) {
    if (isSluiceError(error, 'LAKE_FILE_NOT_FOUND') || error instanceof SyntaxError) return 0
    throw error
  }
}
