import type { ResultStorage } from '../home/result-storage.ts'
import type { EngineClient } from './engine-client.ts'
import { told } from './remote-store.ts'

/** Large results through the server, which keeps them beside its store. */
export function remoteResults(client: EngineClient, location: string, rootId: string): ResultStorage {
  return {
    put: (ref, bytes) => told(location, () => client.putResult({ params: { run: rootId, ref }, body: bytes })),
    get: (ref) => told(location, async () => Buffer.from(await client.getResult({ params: { run: rootId, ref } }))),
    // Only whoever has the whole store knows what nothing refers to.
    discard: async () => undefined,
  }
}
