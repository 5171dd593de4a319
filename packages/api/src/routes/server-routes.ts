import * as z from 'zod'
import { count, jsonObject, text, time } from '../basics.ts'
import { operation } from '../operation.ts'

const tags = ['Server'] as const

const version = operation('version', {
  summary: 'What server this is',
  tags,
  scope: 'public',
  responses: {
    200: z.strictObject({
      version: text(100),
      protocol: count,
      store: z.enum(['sqlite', 'postgres']),
      serverTime: time,
    }),
  },
})

const openapi = operation('openapi', {
  summary: 'This API as an OpenAPI 3.1 document',
  tags,
  scope: 'public',
  responses: { 200: jsonObject },
})

const docs = operation('docs', {
  summary: 'This API as a page for people',
  tags,
  scope: 'public',
  responses: { 200: null },
  content: 'html',
})

export const serverRoutes = {
  version,
  openapi,
  docs,
}
