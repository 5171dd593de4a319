import type { AttemptContext } from '@sluice/engine'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DeathPoint, DyingProcess } from '../catalog/dying-process.testsupport.ts'
import { openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { createLake, type EmbeddedLake } from '../catalog/embedded-lake.testsupport.ts'
import { verifyLake } from '../catalog/verify-lake.ts'
import { platform } from '../platform.ts'
import type { LakeCatalog } from '../catalog/lake-catalog.ts'
import { type Duck, openDuck } from '../duckdb/open-duck.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import type { OpenLake } from '../table/lake.ts'
import type { RowLoad } from '../table/load-rows.ts'
import { assembleLake } from '../table/open-lake.ts'
import { findView, readRows } from '../table/read-rows.ts'
import { loadTable } from '../table/load-table.ts'
import { expireRaw } from '../upkeep/expire-raw.ts'
import { sweepLake } from '../upkeep/sweep-lake.ts'
import { readRawKey } from './raw-keys.ts'
import type { RawMode } from './raw-part.ts'

const table = 'a.t'
const day = 86_400_000
/** Of all these processes: it holds nothing of a lake. */
let duck: Duck
let staging: string
beforeAll(async () => {
  staging = await mkdtemp(path.join(tmpdir(), 'sluice-raw-crash-'))
  duck = await openDuck({ staging, threads: 1 })
})
afterAll(async () => {
  await duck[Symbol.asyncDispose]()
  await rm(staging, { recursive: true, force: true })
})
const lakeOf = (catalog: LakeCatalog, storage: LakeStorage): OpenLake => ({
  ...assembleLake(catalog, storage),
  duck: () => Promise.resolve(duck),
})
/** Of a run that comes back for its load. */
const context = {
  signal: new AbortController().signal,
  busy: () => ({ [Symbol.dispose]: () => undefined }),
  requireOpen: () => undefined,
  requireOwned: () => Promise.resolve(),
} as unknown as AttemptContext

async function rawKeys({ storage }: Pick<EmbeddedLake, 'storage'>): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key } of storage.list('raw/')) keys.push(key)
  return keys
}

const isSealed = async (base: EmbeddedLake): Promise<boolean> =>
  (await rawKeys(base)).some((key) => readRawKey(key)?.kind === 'manifest')

function loading(lake: OpenLake, raw: RawMode, asked: () => number): RowLoad {
  const source = (async function* rows(): AsyncGenerator<object> {
    yield { id: asked() }
  })()
  // A run in the database is none of this: the context is only of the load.
  const { rootId: _, ...own } = context
  return {
    lake,
    table,
    operation: 'append',
    source,
    tableOptions: {},
    options: { raw },
    loadId: 'one',
    context: own as AttemptContext,
  }
}

async function killedAt(point: DeathPoint | undefined, raw: RawMode): Promise<number> {
  await using base = await createLake()
  const process = new DyingProcess(point)
  const storage = process.watch(base.storage, ['put', 'putFile', 'delete'])
  const store = process.watch(base.store, ['commitLake', 'initSetting'])
  let asked = 0
  const ask = (): number => (asked += 1)
  const where = `${raw}: ${point?.mode} step ${point?.at}`
  const catalog = withoutOwner(await openEmbeddedCatalog(store, storage, { patienceMs: 20 }))
  await loadTable(loading(lakeOf(catalog, storage), raw, ask)).catch((error: unknown) => {
    if (point === undefined) throw error
  })
  const wasAsked = asked
  const wasSealed = await isSealed(base)
  const lake = lakeOf(withoutOwner(base.catalog), base.storage)
  await loadTable(loading(lake, raw, ask))
  const ids = async (): Promise<readonly unknown[]> => {
    const found: unknown[] = []
    for await (const { id } of readRows(lake, await findView(lake, table, undefined), {})) found.push(id)
    return found
  }
  expect(await ids(), where).toEqual([asked])
  // Once it was put away, nobody asks the source again.
  if (wasSealed || point === undefined) expect(asked, where).toBe(wasAsked)
  const pointer = await base.catalog.find(table)
  const named = (await base.catalog.load(pointer?.id ?? '', 'one'))?.raw?.map(({ key }) => key) ?? []
  expect(named, where).toHaveLength(raw === 'copy' ? 1 : 0)
  expect(await rawKeys(base), where).toEqual(expect.arrayContaining(named))
  // A day later nothing is there but what is whole; when it has expired, nothing at all.
  await upkeep(lake, day + 60_000)
  expect(await rawKeys(base), where).toEqual(expect.arrayContaining(named))
  await upkeep(lake, 31 * day)
  expect(await rawKeys(base), where).toEqual([])
  expect(await ids(), where).toEqual([asked])
  expect(await verifyLake(lake), where).toMatchObject({ problems: [] })
  return process.steps
}

/** Runs are none of this: a commit is nobody's. */
function withoutOwner(catalog: EmbeddedLake['catalog']): EmbeddedLake['catalog'] {
  return new Proxy(catalog, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'commit') return member.bind(target) as unknown
      return ({ owner: _, ...commit }: Parameters<typeof catalog.commit>[0]) => target.commit(commit)
    },
  })
}

async function upkeep(lake: OpenLake, ms: number): Promise<void> {
  const later = { ...lake, platform: { ...platform, now: () => Date.now() + ms } }
  await expireRaw(later)
  await sweepLake(later, { grace: 0 })
}

test.each(['copy', 'none'] as const)(
  'a load that is killed at any step goes on from what its source gave, and leaves nothing that nobody removes (%s)',
  async (raw) => {
    const steps = await killedAt(undefined, raw)
    expect(steps).toBeGreaterThan(5)
    // What is there after a step is what is there before the next one.
    await killedAt({ at: 1, mode: 'before' }, raw)
    for (let at = 1; at <= steps; at++) await killedAt({ at, mode: 'after' }, raw)
  },
  120_000,
)
