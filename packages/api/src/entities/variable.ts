import * as z from 'zod'
import { json, text, time } from '../basics.ts'

/** A value that flows read by name. Not for secrets: everybody who may read sees it. */
export const variable = z
  .strictObject({ name: text(100), value: json, createdAt: time, updatedAt: time })
  .meta({ id: 'Variable' })

export type VariableJson = z.infer<typeof variable>
