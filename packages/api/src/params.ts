import * as z from 'zod'
import { contentHash, id, label, slug } from './basics.ts'
import { limitName } from './entities/limit.ts'

// Path parameters, the same wherever they stand.

export const runParams = z.strictObject({ run: id })
export const taskRunParams = z.strictObject({ taskRun: id })
export const waitParams = z.strictObject({ wait: id })
export const deploymentParams = z.strictObject({
  deployment: label(710).meta({ description: 'Id, or `flow/name` URL-encoded.' }),
})
export const scheduleParams = deploymentParams.extend({ schedule: slug })
export const poolParams = z.strictObject({ pool: slug })
export const queueParams = poolParams.extend({ queue: slug })
export const workerParams = z.strictObject({ worker: id })
export const limitParams = z.strictObject({ limit: limitName })
export const variableParams = z.strictObject({ variable: slug })
export const blockParams = z.strictObject({ kind: slug, name: slug })
export const tokenParams = z.strictObject({ token: id })
export const startedParams = runParams.extend({ started: id })
export const cacheParams = runParams.extend({ key: label(1_000) })

/** Large results are kept under the hash of their content. */
export const resultParams = runParams.extend({ ref: contentHash })
