import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { TableChange } from '../catalog/lake-catalog.ts'
import type { TableRequirement } from '../format/table-update.ts'
import { ownerOf } from '../table/commit-load.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView, type FoundView } from '../table/read-rows.ts'
import { schemaToReturnTo } from '../table/resolve-version.ts'
import type { Version } from '../table/types.ts'
import type { FoundTable } from '../table/write-target.ts'
import { releaseOfTag, releaseTag } from './release-name.ts'
import type { Release, ReleasedTable } from './release-types.ts'

export interface ReleaseRequest {
  readonly lake: OpenLake
  readonly release: string
  readonly tables: readonly { readonly name: string; readonly version?: Version }[]
  readonly move: boolean
  readonly context: AttemptContext | undefined
}

/** So often tables may move while they are released together. */
const mostTries = 20

/**
 * Puts the tag of a release on all of its tables in one commit, in which each of them still is what was found. Throws
 * `RELEASE_EXISTS` for one that is there with other contents.
 */
export async function releaseTables(request: ReleaseRequest): Promise<Release> {
  releaseTag(request.release)
  const names = request.tables.map(({ name }) => name)
  if (names.length === 0 || new Set(names).size < names.length)
    throw new SluiceError('OPTION_INVALID', { option: 'tables', problem: 'name each table of the release once' })
  return again(request.lake, () => tryRelease(request))
}

async function tryRelease({ lake, release, tables, move, context }: ReleaseRequest): Promise<Release> {
  const views = await Promise.all(tables.map(({ name, version }) => findView(lake, name, version)))
  const wanted = byName(views.map((view) => ({ table: view.name, snapshot: snapshotOf(view) })))
  const tagged = await taggedTables(lake, releaseTag(release))
  const before = byName(tagged.map(({ table, snapshot }) => ({ table, snapshot })))
  const difference = differenceOf(before, wanted)
  if (before.length > 0 && difference === undefined) return { release, tables: wanted }
  if (before.length > 0 && !move) throw new SluiceError('RELEASE_EXISTS', { release, problem: difference })
  const left = tagged.filter(({ table }) => !wanted.some((one) => one.table === table))
  await commit(lake, context, [
    ...views.map((view) => tagChange(view, releaseTag(release))),
    ...left.map((each) => untagChange(each, releaseTag(release))),
  ])
  return { release, tables: wanted }
}

/** All releases, by name. */
export async function listReleases(lake: OpenLake): Promise<readonly Release[]> {
  const releases = new Map<string, ReleasedTable[]>()
  for (const pointer of await lake.catalog.list())
    for (const [tag, ref] of Object.entries((await lake.catalog.metadata(pointer)).refs ?? {})) {
      const release = ref.type === 'tag' ? releaseOfTag(tag) : undefined
      if (release === undefined) continue
      const tables = releases.get(release) ?? []
      tables.push({ table: pointer.name, snapshot: String(ref['snapshot-id']) })
      releases.set(release, tables)
    }
  return [...releases]
    .map(([release, tables]): Release => ({ release, tables: byName(tables) }))
    .toSorted((a, b) => (a.release < b.release ? -1 : 1))
}

/** Moves `main` of every table of a release back to what was released, in one commit. Nothing is deleted. */
export async function rollbackRelease(
  lake: OpenLake,
  release: string,
  context: AttemptContext | undefined,
): Promise<Release> {
  const tag = releaseTag(release)
  return again(lake, async () => {
    const tagged = await taggedTables(lake, tag)
    if (tagged.length === 0) throw new SluiceError('RELEASE_NOT_FOUND', { release })
    const moved = tagged.filter(({ found, id }) => found.metadata.refs?.['main']?.['snapshot-id'] !== id)
    if (moved.length > 0) await commit(lake, context, moved.map(rollbackChange))
    return { release, tables: byName(tagged.map(({ table, snapshot }) => ({ table, snapshot }))) }
  })
}

async function again<T>(lake: OpenLake, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === mostTries || !isSluiceError(error, 'LAKE_COMMIT_CONFLICT')) throw error
      await lake.platform.sleep(lake.platform.random() * 10 * tries)
    }
  }
}

async function commit(
  lake: OpenLake,
  context: AttemptContext | undefined,
  tables: readonly TableChange[],
): Promise<void> {
  context?.requireOpen()
  await context?.requireOwned()
  await lake.catalog.commit({ id: lake.platform.newId(), ...(context && { owner: ownerOf(context) }), tables })
}

interface TaggedTable extends ReleasedTable {
  readonly found: FoundTable
  readonly id: bigint
}

async function taggedTables({ catalog }: OpenLake, tag: string): Promise<readonly TaggedTable[]> {
  const tables = await Promise.all(
    (await catalog.list()).map(async (pointer): Promise<readonly TaggedTable[]> => {
      const metadata = await catalog.metadata(pointer)
      const ref = metadata.refs?.[tag]
      if (ref?.type !== 'tag') return []
      const id = ref['snapshot-id']
      return [{ table: pointer.name, snapshot: String(id), id, found: { pointer, metadata } }]
    }),
  )
  return tables.flat()
}

function snapshotOf({ name, snapshot }: FoundView): string {
  if (snapshot) return String(snapshot['snapshot-id'])
  throw new SluiceError('TABLE_VERSION_NOT_FOUND', { table: name, version: 'main' })
}

/** While the table is as it was found: all of them are released as they were at one moment. */
function asFound({ metadata }: FoundTable, refs: readonly string[]): readonly TableRequirement[] {
  return [
    { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
    ...refs.map((ref) => {
      const id = metadata.refs?.[ref]?.['snapshot-id'] ?? null
      return { type: 'assert-ref-snapshot-id', ref, 'snapshot-id': id } as const
    }),
  ]
}

function tagChange(view: FoundView, tag: string): TableChange {
  const id = BigInt(snapshotOf(view))
  const update = { action: 'set-snapshot-ref', 'ref-name': tag, 'snapshot-id': id, type: 'tag' } as const
  return { name: view.name, requirements: asFound(view, ['main', tag]), updates: [update] }
}

function untagChange({ table, found }: TaggedTable, tag: string): TableChange {
  const update = { action: 'remove-snapshot-ref', 'ref-name': tag } as const
  return { name: table, requirements: asFound(found, [tag]), updates: [update] }
}

function rollbackChange({ table, found, id }: TaggedTable): TableChange {
  const main = { ...found.metadata.refs?.['main'], 'snapshot-id': id, type: 'branch' } as const
  const update = { action: 'set-snapshot-ref', 'ref-name': 'main', ...main } as const
  const updates = [update, ...schemaToReturnTo(found.metadata, id)]
  return { name: table, requirements: asFound(found, ['main']), updates }
}

function byName(tables: readonly ReleasedTable[]): readonly ReleasedTable[] {
  return tables.toSorted((a, b) => (a.table < b.table ? -1 : 1))
}

/** In words; undefined: there is none. */
function differenceOf(before: readonly ReleasedTable[], wanted: readonly ReleasedTable[]): string | undefined {
  const [old, now] = [before, wanted].map((tables) => new Map(tables.map((one) => [one.table, one.snapshot])))
  for (const name of new Set([...before, ...wanted].map(({ table }) => table))) {
    const [was, is] = [old?.get(name), now?.get(name)]
    if (was === undefined) return `${name} is not in it`
    if (is === undefined) return `it has ${name}`
    if (was !== is) return `it has ${name} at ${was}, not at ${is}`
  }
  return undefined
}
