import { isSluiceError, SluiceError } from '@sluice/core'
import type { OpenLake } from '@sluice/lake/manage'
import { findRunsServer } from '../connect/places.ts'
import { clientOf } from '../connect/with-client.ts'
import { withHome } from '../connect/with-home.ts'
import type { CliIo } from '../io.ts'
import type { LakeSource } from './source/lake-source.ts'

/**
 * The lake of the server that was named, or that keeps its tables where this command cannot look; else that of the home at hand, whether a
 * server runs on it or not. Undefined where there is none yet.
 */
export async function withAnyLake<T>(io: CliIo, use: (lake: LakeSource | undefined) => Promise<T>): Promise<T> {
  const server = await findRunsServer(io)
  if (server !== undefined) {
    const { serverLake } = await import('./source/server-lake.ts')
    await using client = await clientOf(server)
    return await use(serverLake(client))
  }
  return withHome(io, async (home) => {
    const manage = await import('@sluice/lake/manage')
    const { homeLake } = await import('./source/home-lake.ts')
    await using lake = await manage.openLakeOf(home)
    return await use(lake && homeLake(lake, manage))
  })
}

/** The lake that has this table. Throws `TABLE_NOT_FOUND` where there is no lake. */
export async function withLakeOf<T>(
  table: string | undefined,
  io: CliIo,
  use: (lake: LakeSource) => Promise<T>,
): Promise<T> {
  return withAnyLake(io, async (lake) => {
    if (!lake) throw new SluiceError('TABLE_NOT_FOUND', { none: true, ...(table !== undefined && { table }) })
    try {
      return await use(lake)
    } catch (error) {
      throw await withMeant(lake, error)
    }
  })
}

/** Whoever leaves out the namespace is told of the table that has one. */
async function withMeant(lake: Pick<LakeSource, 'listTables' | 'views'>, error: unknown): Promise<unknown> {
  if (!isSluiceError(error, 'TABLE_NAME_INVALID')) return error
  const name = String(error.details['table']).replaceAll('"', '').toLowerCase()
  const known = await Promise.all([lake.listTables(), lake.views()]).catch(() => [])
  const near = known.flat().find((each) => each.name === name || each.name.endsWith(`.${name}`))
  return near ? new SluiceError(error.code, { ...error.details, near: near.name }, { cause: error.cause }) : error
}

/** The lake of a server, or that of the home at hand, made where there is none. */
export async function withNewLake<T>(io: CliIo, use: (lake: LakeSource) => Promise<T>): Promise<T> {
  if ((await findRunsServer(io)) !== undefined) return withLakeOf(undefined, io, use)
  const manage = await import('@sluice/lake/manage')
  const { homeLake } = await import('./source/home-lake.ts')
  return withHomeLake(io, (lake) => use(homeLake(lake, manage)))
}

/** The lake of the home at hand, made where there is none, for verbs that are not in the API. Throws `LAKE_NOT_REMOTE`. */
export async function withMadeLake<T>(verb: string, io: CliIo, use: (lake: OpenLake) => Promise<T>): Promise<T> {
  await requireHome(verb, io)
  return withHomeLake(io, use)
}

/** The lake of the home at hand, for verbs that are not in the API. Throws `LAKE_NOT_REMOTE`, `TABLE_NOT_FOUND`. */
export async function withFilesOf<T>(
  verb: string,
  fileset: string,
  io: CliIo,
  use: (lake: OpenLake) => Promise<T>,
): Promise<T> {
  await requireHome(verb, io)
  return withHome(io, async (home) => {
    const manage = await import('@sluice/lake/manage')
    const { homeLake } = await import('./source/home-lake.ts')
    await using lake = await manage.openLakeOf(home)
    if (!lake) throw new SluiceError('TABLE_NOT_FOUND', { none: true, table: fileset })
    try {
      return await use(lake)
    } catch (error) {
      throw await withMeant(homeLake(lake, manage), error)
    }
  })
}

/** Throws `LAKE_NOT_REMOTE` when a server was named: doing it here instead would do it to another lake. */
export async function requireHome(verb: string, io: CliIo): Promise<void> {
  const server = await findRunsServer(io)
  if (server !== undefined) throw new SluiceError('LAKE_NOT_REMOTE', { verb, problem: `${server.url} was named` })
}

function withHomeLake<T>(io: CliIo, use: (lake: OpenLake) => Promise<T>): Promise<T> {
  return withHome(
    io,
    async (home) => {
      const { openLakeOf } = await import('@sluice/lake/manage')
      await using lake = await openLakeOf(home, { create: true })
      if (!lake) throw new SluiceError('LAKE_STORAGE_UNAVAILABLE', { location: home.dir })
      return await use(lake)
    },
    { create: true },
  )
}
