import type { Connection } from '@sluice/api/node'
import type { CliIo } from '../io.ts'

/** The server that a command talks to. The options `--api-url` and `--profile` have become part of the environment. */
export async function findServer(io: CliIo): Promise<Connection | undefined> {
  const { findConnection } = await import('@sluice/api/node')
  return findConnection({ cwd: io.cwd, env: io.env })
}

/**
 * A server that was named by environment or profile, or that runs on the home at hand and keeps its runs where this command cannot
 * look: in a database that this command was not told of. Any other server of the home knows what the home's store says.
 */
export async function findRunsServer(io: CliIo): Promise<Connection | undefined> {
  const found = await findServer(io)
  const unseen = found?.storeElsewhere === true && (io.env['SLUICE_DATABASE_URL'] ?? '') === ''
  return found?.from === 'home' && !unseen ? undefined : found
}
