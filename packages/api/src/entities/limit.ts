import * as z from 'zod'
import { count, id, label, text, time } from '../basics.ts'

export const limitName = label(200)
export const slots = z.int().min(0).max(1_000_000)

/** A named limit, counted across all processes. Declared in code, or by an operator, who wins. */
export const limit = z
  .strictObject({
    name: text(200),
    slots,
    origin: z.enum(['code', 'operator']),
    held: count,
    holders: z
      .array(z.strictObject({ rootId: id, key: text(1_000), slots: count, since: time }))
      .max(100)
      .meta({ description: 'The first 100.' }),
    waiting: count,
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Limit' })

export type LimitJson = z.infer<typeof limit>
