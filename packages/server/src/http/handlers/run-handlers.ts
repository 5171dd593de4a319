import type { NewRunInput } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import { runEntity, taskRunEntity } from '@sluice/store'
import { type Handlers, ok, put } from '../endpoint-handler.ts'
import { runWhyJson } from '../json/why-json.ts'
import type { HandlerContext } from './handler-context.ts'

type RunIds =
  | 'createRun'
  | 'createRuns'
  | 'cancelRun'
  | 'cancelRuns'
  | 'retryRun'
  | 'rerunRun'
  | 'resumeRun'
  | 'whyRun'
  | 'cancelTaskRun'

/** What is done with runs. */
export function runHandlers({ services: { runs } }: HandlerContext): Handlers<RunIds> {
  return {
    async createRun({ body, headers, by }) {
      const made = await runs.create(keyed(body, headers['idempotency-key']), by)
      return put(made.created, runEntity(made.run))
    },
    async createRuns({ body, by }) {
      return { status: 201, body: { items: [...(await runs.createMany(body.runs, by))] } }
    },
    cancelRun: async ({ params, body, by }) => ok(runEntity(await runs.cancel(params.run, body, by))),
    cancelRuns: async ({ body, by }) => ok({ items: [...(await runs.cancelMany(body, by))] }),
    retryRun: async ({ params, body, by }) => ok(runEntity(await runs.retry(params.run, body, by))),
    async rerunRun({ params, body, headers, by }) {
      const made = await runs.rerun(params.run, keyed(body, headers['idempotency-key']), by)
      return put(made.created, runEntity(made.run))
    },
    resumeRun: async ({ params, by }) => ok(runEntity(await runs.resume(params.run, by))),
    whyRun: async ({ params }) => ok(runWhyJson(await runs.why(params.run))),
    cancelTaskRun: async ({ params }) => ok(taskRunEntity(await runs.cancelTask(params.taskRun))),
  }
}

/** The key of the header counts when the body has none. Two that differ are a mistake. */
export function keyed<Body extends Pick<NewRunInput, 'idempotencyKey'>>(body: Body, header: string | undefined): Body {
  if (header === undefined || header === body.idempotencyKey) return body
  if (body.idempotencyKey === undefined) return { ...body, idempotencyKey: header }
  throw new SluiceError('REQUEST_INVALID', { problem: 'header and body have different idempotency keys' })
}
