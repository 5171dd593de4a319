import type { Client } from 'pg'
import type { Connections } from './connections.ts'

/**
 * Waits for `work` on a connection; when the signal aborts, the server is told to stop. The connection stays taken until
 * both are over, so that the request to stop never meets somebody else's statement. Rejects with the signal's reason.
 */
export async function cancellable<T>(
  client: Client,
  connections: Pick<Connections, 'cancelBackend'>,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return await work()
  signal.throwIfAborted()
  let cancelling: Promise<void> | undefined
  const onAbort = (): void => {
    cancelling = stopBackend(client, connections)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await work()
  } catch (error) {
    if (cancelling === undefined) throw error
    throw signal.reason
  } finally {
    signal.removeEventListener('abort', onAbort)
    await cancelling
  }
}

/** When it cannot be told (no free connection, network gone), the connection itself is cut. */
async function stopBackend(client: Client, connections: Pick<Connections, 'cancelBackend'>): Promise<void> {
  try {
    await connections.cancelBackend(processId(client))
  } catch {
    client.connection.stream.destroy()
  }
}

// Known to `pg`, not to its types.
function processId(client: Client): number {
  return Number(Reflect.get(client, 'processID'))
}
