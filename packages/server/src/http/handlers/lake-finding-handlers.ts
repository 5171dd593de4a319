import type { OpenedLake } from '@sluice/lake/catalog'
import { type Handlers, ok } from '../endpoint-handler.ts'
import { given } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'
import { requireOwner } from './run-owner.ts'

export type FindingIds =
  | 'searchLake'
  | 'listViews'
  | 'searchFromRun'
  | 'findViews'
  | 'findView'
  | 'putView'
  | 'dropView'

/** What is in the lake, by words, and its views. */
export function lakeFindingHandlers(
  { home: { store } }: HandlerContext,
  lake: () => Promise<Pick<OpenedLake, 'catalog'>>,
): Handlers<FindingIds> {
  const catalog = async (): Promise<OpenedLake['catalog']> => (await lake()).catalog
  return {
    async searchLake({ query }) {
      const { items, next } = await (await catalog()).search(given(query))
      return ok({ items: [...items], next })
    },
    async listViews({ query }) {
      return ok({ views: await (await catalog()).views(query.prefix) })
    },
    async searchFromRun({ query, caller }) {
      await requireOwner(store, caller)
      const { items, next } = await (await catalog()).search(given(query))
      return ok({ items: [...items], next })
    },
    async findViews({ query, caller }) {
      await requireOwner(store, caller)
      return ok({ views: await (await catalog()).views(query.prefix) })
    },
    async findView({ params, caller }) {
      await requireOwner(store, caller)
      return ok({ view: (await (await catalog()).view(params.view)) ?? null })
    },
    async putView({ params, body, caller }) {
      await requireOwner(store, caller)
      return ok(await (await catalog()).putView({ name: params.view, ...body }))
    },
    async dropView({ params, caller }) {
      await requireOwner(store, caller)
      return ok({ dropped: await (await catalog()).dropView(params.view) })
    },
  }
}
