import { contentHash, SluiceError } from '@sluice/core'
import { requireAllowed } from '../blocks/allowed-blocks.ts'
import { openFields } from '../blocks/block-fields.ts'
import { type Handlers, noContent, ok } from '../endpoint-handler.ts'
import { columnJson } from '../json/stored-json.ts'
import type { HandlerContext } from './handler-context.ts'
import { ownerOf, requireOwner } from './run-owner.ts'

/** What the engine of a run keeps and reads beside its journal. */
export function engineValueHandlers({
  home,
  services,
}: HandlerContext): Handlers<'getCached' | 'putResult' | 'getResult' | 'openBlock' | 'readVariable'> {
  const { store, results } = home
  return {
    async getCached({ params, caller }) {
      await requireOwner(store, caller)
      return ok({ cached: (await store.getCached(params.key, home.settings.platform.now())) ?? null })
    },
    async putResult({ params: { ref }, body, caller }) {
      await requireOwner(store, caller)
      if (contentHash(body) !== ref)
        throw new SluiceError('RESULT_CORRUPT', { ref, problem: 'the bytes have another hash' })
      await results.put(ref, body)
      return noContent
    },
    async getResult({ params, caller }) {
      await requireOwner(store, caller)
      return { status: 200, body: await results.get(params.ref) }
    },
    async openBlock({ params: { kind, name }, caller }) {
      await requireOwner(store, caller)
      const run = await store.getRun(ownerOf(caller).rootId)
      if (run === undefined) throw new SluiceError('RUN_NOT_FOUND', { run: ownerOf(caller).rootId })
      await requireAllowed(services.deployments, run, `${kind}/${name}`)
      const block = await store.getBlock(kind, name)
      if (block === undefined) throw new SluiceError('BLOCK_NOT_FOUND', { block: `${kind}/${name}` })
      return ok({ kind, name, fields: openFields(home, block) })
    },
    async readVariable({ params: { variable }, caller }) {
      await requireOwner(store, caller)
      const record = await store.getVariable(variable)
      if (record === undefined) throw new SluiceError('VARIABLE_NOT_FOUND', { variable })
      return ok({ name: variable, value: columnJson(record.value) })
    },
  }
}
