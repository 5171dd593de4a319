import { findRunsServer } from '../connect/places.ts'
import { clientOf } from '../connect/with-client.ts'
import { withHome } from '../connect/with-home.ts'
import type { CliIo } from '../io.ts'
import { homeRuns } from './home-runs.ts'
import type { RunSource } from './run-source.ts'

/**
 * Gives the runs of the server that was named, or that keeps them away from the home at hand; else those of the home: its store is
 * nearer than the server that may run on it, and knows the same.
 */
export async function withRuns<T>(io: CliIo, use: (source: RunSource) => Promise<T>): Promise<T> {
  const server = await findRunsServer(io)
  if (server === undefined) return withHome(io, (home) => use(homeRuns(home)))
  const { serverRuns } = await import('./server-runs.ts')
  await using client = await clientOf(server)
  return await use(serverRuns(client, server.url))
}
