import { docsPage, openApi, protocol } from '@sluice/api'
import { iso } from '@sluice/store'
import { type Handlers, ok } from '../endpoint-handler.ts'
import type { HandlerContext } from './handler-context.ts'

export function serverHandlers({ home, version }: HandlerContext): Handlers<'version' | 'openapi' | 'docs'> {
  return {
    version: () => ok({ version, protocol, store: home.store.kind, serverTime: iso(home.settings.platform.now()) }),
    openapi: () => ok(openApi(version)),
    docs: () => ({ status: 200, body: docsPage(openApi(version)) }),
  }
}
