import type { SavedValues } from '../home/saved-values.ts'
import type { EngineClient } from './engine-client.ts'
import { told } from './remote-store.ts'

/** Variables and blocks as the server gives them to this run. */
export function remoteSavedValues(client: EngineClient, location: string, rootId: string): SavedValues {
  return {
    variable: (name) =>
      told(location, async () => (await client.readVariable({ params: { run: rootId, variable: name } })).value),
    block: (kind, name) =>
      told(location, async () => (await client.openBlock({ params: { run: rootId, kind, name } })).fields),
  }
}
