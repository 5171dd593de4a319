import type { OperationId } from './endpoints.ts'
import type { Operation } from './operation.ts'
import * as deployments from './routes/deployments.ts'
import * as engine from './routes/engine.ts'
import * as events from './routes/events.ts'
import * as pools from './routes/pools.ts'
import * as runs from './routes/runs.ts'
import * as server from './routes/server.ts'
import * as settings from './routes/settings.ts'
import * as waits from './routes/waits.ts'
import * as workers from './routes/workers.ts'

/**
 * The one contract: every operation of the API. Routes, OpenAPI document and typed client all come from it. That it has exactly
 * the operations of `endpoints.ts` is checked by the compiler.
 */
export const contract = {
  ...server,
  ...runs,
  ...waits,
  ...events,
  ...deployments,
  ...pools,
  ...workers,
  ...settings,
  ...engine,
} satisfies { readonly [Id in OperationId]: Operation<Id> }

export type Contract = typeof contract
