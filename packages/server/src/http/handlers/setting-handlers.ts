import { SluiceError } from '@sluice/core'
import { type Handlers, noContent, ok, put } from '../endpoint-handler.ts'
import { limitJson, variableJson } from '../json/catalog-json.ts'
import { given, pageOfAll } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'

type SettingIds =
  | 'listLimits'
  | 'getLimit'
  | 'putLimit'
  | 'deleteLimit'
  | 'listVariables'
  | 'getVariable'
  | 'putVariable'
  | 'deleteVariable'

export function settingHandlers({ services, home: { store } }: HandlerContext): Handlers<SettingIds> {
  return {
    async listLimits({ query }) {
      const page = pageOfAll(await store.listLimits(), query, ({ name }) => name)
      return ok({ items: page.items.map(limitJson), next: page.next })
    },
    async getLimit({ params }) {
      const limit = await store.getLimit(params.limit)
      if (limit === undefined) throw new SluiceError('LIMIT_NOT_FOUND', { limit: params.limit })
      return ok(limitJson(limit))
    },
    async putLimit({ params, body }) {
      const known = await store.getLimit(params.limit)
      return put(known === undefined, limitJson(await services.pools.putLimit(params.limit, body.slots)))
    },
    async deleteLimit({ params }) {
      if (!(await store.deleteLimit(params.limit))) throw new SluiceError('LIMIT_NOT_FOUND', { limit: params.limit })
      return noContent
    },
    async listVariables({ query }) {
      const page = await store.listVariables(given(query))
      return ok({ items: page.items.map(variableJson), next: page.next })
    },
    async getVariable({ params }) {
      const variable = await store.getVariable(params.variable)
      if (variable === undefined) throw new SluiceError('VARIABLE_NOT_FOUND', { variable: params.variable })
      return ok(variableJson(variable))
    },
    async putVariable({ params, body }) {
      const known = await store.getVariable(params.variable)
      const variable = await store.putVariable(params.variable, JSON.stringify(body.value))
      return put(known === undefined, variableJson(variable))
    },
    async deleteVariable({ params: { variable } }) {
      if (!(await store.deleteVariable(variable))) throw new SluiceError('VARIABLE_NOT_FOUND', { variable })
      return noContent
    },
  }
}
