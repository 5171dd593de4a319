import * as z from 'zod'
import { id, label, text, time } from '../basics.ts'

/** What a token may do. `admin` includes `run`, which includes `read`; `worker` stands beside them. */
export const tokenScope = z.enum(['read', 'run', 'admin', 'worker'])

export const apiToken = z
  .strictObject({
    id,
    name: text(200),
    scopes: z.array(tokenScope).max(4),
    createdBy: text(200),
    createdAt: time,
    expiresAt: time.nullable(),
    revokedAt: time.nullable(),
  })
  .meta({ id: 'ApiToken' })

export const newApiToken = z
  .strictObject({
    name: label(200),
    scopes: z.array(tokenScope).min(1).max(4),
    expiresAt: time.optional(),
  })
  .meta({ id: 'NewApiToken' })

/** The only time that the token itself is told. */
export const createdApiToken = apiToken.extend({ token: text(200) }).meta({ id: 'CreatedApiToken' })

export type ApiTokenJson = z.infer<typeof apiToken>
export type TokenScope = z.infer<typeof tokenScope>
