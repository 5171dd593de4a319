import { attemptContext, type OpenHome, type RunHome, sharedHome } from '@sluice/engine'
import { SluiceError } from '@sluice/core'
import { openHomeLake, openServerLake, requireHomeTables } from '../catalog/open-server-lake.ts'
import { type Duck, type DuckOptions, openDuck } from '../duckdb/open-duck.ts'
import { platform, type Platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import type { LakeCatalog } from '../catalog/lake-catalog.ts'
import { tendInBackground } from '../upkeep/background.ts'
import type { OpenLake } from './lake.ts'
import { manifestsIn } from './manifests.ts'

const open = new WeakMap<object, Promise<OpenLake>>()

/** The lake of the home that code runs in: of its run's, or the project's. One per home and process. */
export async function currentLake(): Promise<OpenLake> {
  const context = attemptContext()
  return context ? lakeOf(context.home, context.rootId) : lakeOf(await sharedHome())
}

/** The lake of a home, opened once. In a worker's process it is the server's, as one root run may use it. */
export function lakeOf(home: RunHome, rootId?: string): Promise<OpenLake> {
  const known = open.get(home)
  if (known) return known
  const opening = openLakeOf(home, rootId)
  open.set(home, opening)
  opening.catch(() => open.delete(home))
  return opening
}

async function openLakeOf(home: RunHome, rootId: string | undefined): Promise<OpenLake> {
  const { catalog, storage } = isOpenHome(home) ? await homeLake(home) : await serverLake(home, rootId)
  return tendedLake(assembleLake(catalog, storage))
}

async function homeLake(home: OpenHome): Promise<Pick<OpenLake, 'catalog' | 'storage'>> {
  const opened = await openHomeLake(home)
  await requireHomeTables(home, opened.storage)
  return opened
}

function isOpenHome(home: RunHome): home is OpenHome {
  return 'dir' in home
}

function serverLake(home: RunHome, rootId: string | undefined): Promise<Pick<OpenLake, 'catalog' | 'storage'>> {
  const { server } = home
  if (!server || rootId === undefined)
    throw new SluiceError('LAKE_STORAGE_UNAVAILABLE', { problem: 'this run has no lake' })
  return openServerLake(server, rootId, home)
}

/** The lake as code has it: what it commits is looked after beside it. */
export function tendedLake(lake: OpenLake): OpenLake {
  const { catalog, settled } = tendInBackground(lake, {
    tend: async (plain, table) => (await import('../upkeep/tend-table.ts')).tendTable(plain, table),
    tell: (problem) => process.emitWarning(problem, 'SluiceWarning'),
  })
  return {
    ...lake,
    catalog,
    async [Symbol.asyncDispose]() {
      await settled()
      await lake[Symbol.asyncDispose]()
    },
  }
}

/** A lake of its parts. */
export function assembleLake(
  catalog: LakeCatalog,
  storage: LakeStorage,
  options: { readonly platform?: Platform; readonly duck?: Omit<DuckOptions, 'staging'> } = {},
): OpenLake {
  let duck: Promise<Duck> | undefined
  return {
    catalog,
    storage,
    manifests: manifestsIn(storage),
    platform: options.platform ?? platform,
    duck: () => (duck ??= openDuck({ ...options.duck, staging: storage.staging })),
    async [Symbol.asyncDispose]() {
      await (await duck)?.[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
    },
  }
}
