import type { Connection } from '@sluice/api/node'
import type { CliIo } from '../io.ts'

/** The server that a command talks to. The options `--api-url` and `--profile` have become part of the environment. */
export async function findServer(io: CliIo): Promise<Connection | undefined> {
  const { findConnection } = await import('@sluice/api/node')
  return findConnection({ cwd: io.cwd, env: io.env })
}

/** A server that was named by environment or profile; not the one that happens to run on the home at hand. */
export async function findNamedServer(io: CliIo): Promise<Connection | undefined> {
  const found = await findServer(io)
  return found?.from === 'home' ? undefined : found
}
