import { SluiceError } from '@sluice/core'
import { type Handlers, ok } from '../endpoint-handler.ts'
import { waitJson } from '../json/wait-json.ts'
import { given } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'

export function waitHandlers({ services, home }: HandlerContext): Handlers<'listWaits' | 'getWait' | 'answerWait'> {
  return {
    async listWaits({ query: { run, ...query } }) {
      const page = await home.store.listWaits(given({ rootId: run, ...query }))
      return ok({ items: await Promise.all(page.items.map((wait) => waitJson(home, wait))), next: page.next })
    },
    async getWait({ params }) {
      const wait = await home.store.getWait(params.wait)
      if (wait === undefined) throw new SluiceError('WAIT_NOT_FOUND', { wait: params.wait })
      return ok(await waitJson(home, wait))
    },
    answerWait: async ({ params, body, by }) =>
      ok(await waitJson(home, await services.runs.answerWait(params.wait, body.value, by))),
  }
}
