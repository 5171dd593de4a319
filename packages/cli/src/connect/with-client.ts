import type { Client } from '@sluice/api/client'
import type { Connection } from '@sluice/api/node'
import type { CliIo } from '../io.ts'
import { findServer } from './places.ts'
import { withHome } from './with-home.ts'

/**
 * Gives a client of the API: of the server that is named or runs on this home; where there is none, of the same API over the
 * home's store in this process, so that what needs no running server works without one.
 */
export async function withClient<T>(io: CliIo, use: (client: Client) => Promise<T>): Promise<T> {
  const server = await findServer(io)
  if (server !== undefined) {
    await using client = await clientOf(server)
    return await use(client)
  }
  return withHome(
    io,
    async (home) => {
      const { openLocalClient } = await import('@sluice/server')
      await using local = await openLocalClient(home)
      return await use(local.client)
    },
    { create: true },
  )
}

export async function clientOf({ url, token }: Connection): Promise<Client> {
  const { createClient } = await import('@sluice/api/node')
  return createClient({ url, token, retry: { times: 3 } })
}
