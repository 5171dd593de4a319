import { SluiceError } from '@sluice/core'
import { randomBytes } from 'node:crypto'
import { tokenHash } from '../auth/authenticate.ts'
import { created, type Handlers, noContent, ok } from '../endpoint-handler.ts'
import { tokenJson } from '../json/catalog-json.ts'
import { microsOf, pageOfAll } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'

export function tokenHandlers({ home }: HandlerContext): Handlers<'listTokens' | 'createToken' | 'revokeToken'> {
  const { store, settings } = home
  return {
    async listTokens({ query }) {
      const page = pageOfAll(await store.listTokens(), query, ({ id }) => id)
      return ok({ items: page.items.map(tokenJson), next: page.next })
    },
    async createToken({ body, by }) {
      const expiresAt = microsOf(body.expiresAt) ?? null
      if (expiresAt !== null && expiresAt <= settings.platform.now())
        throw new SluiceError('OPTION_INVALID', { option: 'expiresAt', problem: 'it is in the past' })
      const token = `slt_${randomBytes(32).toString('base64url')}`
      const { name, scopes } = body
      const record = await store.createToken({ name, scopes, hash: tokenHash(token), createdBy: by, expiresAt })
      return created({ ...tokenJson(record), token })
    },
    async revokeToken({ params }) {
      if ((await store.revokeToken(params.token)) === undefined)
        throw new SluiceError('TOKEN_NOT_FOUND', { token: params.token })
      return noContent
    },
  }
}
