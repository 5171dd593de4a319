import type { StoredError } from '@sluice/core'
import * as z from 'zod'
import { json, text } from '../basics.ts'

/** Named by whoever threw it; both are bounded where the error is kept. */
const details = z.record(text(10_000), json)

/** An error as it is kept: plain data, masked and bounded. Recursive, so its type is told to the compiler. */
export const storedError: z.ZodType<StoredError, StoredError> = z
  .strictObject({
    name: text(10_000),
    message: text(10_000),
    code: text(10_000).optional(),
    stack: text(20_000).optional(),
    get cause() {
      return storedError.optional()
    },
    get errors() {
      return z.array(storedError).max(100).optional()
    },
    details: details.optional(),
  })
  .meta({ id: 'StoredError' }) as z.ZodType<StoredError, StoredError>

/** The error of a run: as kept, with `code` always there. */
export const runError = z
  .strictObject({
    name: text(10_000),
    message: text(10_000),
    code: text(10_000).nullable(),
    stack: text(20_000).optional(),
    cause: storedError.optional(),
    errors: z.array(storedError).max(100).optional(),
    details: details.optional(),
  })
  .meta({ id: 'RunError' })

export type RunErrorJson = z.infer<typeof runError>
