import { type ErrorCode, errorCodes } from '@sluice/core'
import * as z from 'zod'
import { anyJson, text } from '../basics.ts'

const codes = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]

/** What is answered when something is wrong: RFC 9457. */
export const problem = z
  .strictObject({
    type: text(200),
    title: text(200),
    status: z.int().min(400).max(599),
    detail: text(10_000),
    code: z.enum(codes),
    next: text(10_000).meta({ description: 'What to do next.' }),
    instance: text(200).optional().meta({ description: 'Names this occurrence in the log of the server.' }),
    errors: z
      .array(z.strictObject({ path: text(10_000), message: text(10_000) }))
      .max(100)
      .optional(),
    details: z.record(text(200), anyJson).optional().meta({ description: 'The facts, for programs.' }),
  })
  .meta({ id: 'Problem' })
