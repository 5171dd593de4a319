import { isSluiceError, SluiceError } from '@sluice/core'
import type { OpenLake } from '@sluice/lake/manage'
import { withHome } from '../connect/with-home.ts'
import type { CliIo } from '../io.ts'

/** The lake of the home at hand; undefined where there is none yet. */
export async function withAnyLake<T>(io: CliIo, use: (lake: OpenLake | undefined) => Promise<T>): Promise<T> {
  return withHome(io, async (home) => {
    const { openLakeOf } = await import('@sluice/lake/manage')
    await using lake = await openLakeOf(home)
    return await use(lake)
  })
}

/** The lake that has this table. Throws `TABLE_NOT_FOUND` where there is no lake. */
export async function withLakeOf<T>(
  table: string | undefined,
  io: CliIo,
  use: (lake: OpenLake) => Promise<T>,
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
async function withMeant({ catalog }: OpenLake, error: unknown): Promise<unknown> {
  if (!isSluiceError(error, 'TABLE_NAME_INVALID')) return error
  const name = String(error.details['table']).replaceAll('"', '').toLowerCase()
  const near = [...(await catalog.list()), ...(await catalog.views())].find(
    (each) => each.name === name || each.name.endsWith(`.${name}`),
  )
  return near ? new SluiceError(error.code, { ...error.details, near: near.name }, { cause: error.cause }) : error
}

/** The lake of the home at hand, made where there is none. */
export async function withNewLake<T>(io: CliIo, use: (lake: OpenLake) => Promise<T>): Promise<T> {
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
