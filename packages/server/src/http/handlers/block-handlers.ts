import { SluiceError } from '@sluice/core'
import type { BlockRecord } from '@sluice/store'
import { blockJson, splitFields } from '../blocks/block-fields.ts'
import { blockKinds } from '../blocks/block-kinds.ts'
import { type Handlers, noContent, ok, put } from '../endpoint-handler.ts'
import { given } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'

type BlockIds = 'listBlockKinds' | 'listBlocks' | 'getBlock' | 'putBlock' | 'deleteBlock'

export function blockHandlers({ home }: HandlerContext): Handlers<BlockIds> {
  const { store } = home
  return {
    listBlockKinds: () => ok({ items: [...blockKinds], next: null }),
    async listBlocks({ query }) {
      const page = await store.listBlocks(given(query))
      return ok({ items: page.items.map((block) => blockJson(home, block)), next: page.next })
    },
    async getBlock({ params: { kind, name } }) {
      return ok(blockJson(home, required(await store.getBlock(kind, name), kind, name)))
    },
    async putBlock({ params: { kind, name }, body }) {
      const before = await store.getBlock(kind, name)
      const block = await store.putBlock({ kind, name, ...splitFields(home, kind, body.fields, before) })
      return put(before === undefined, blockJson(home, block))
    },
    async deleteBlock({ params: { kind, name } }) {
      if (!(await store.deleteBlock(kind, name))) throw new SluiceError('BLOCK_NOT_FOUND', { block: `${kind}/${name}` })
      return noContent
    },
  }
}

function required(block: BlockRecord | undefined, kind: string, name: string): BlockRecord {
  if (block === undefined) throw new SluiceError('BLOCK_NOT_FOUND', { block: `${kind}/${name}` })
  return block
}
