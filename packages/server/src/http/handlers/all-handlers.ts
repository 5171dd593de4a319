import type { OperationId } from '@sluice/api'
import type { Handlers } from '../endpoint-handler.ts'
import { blockHandlers } from './block-handlers.ts'
import { deploymentHandlers } from './deployment-handlers.ts'
import { engineHandlers } from './engine-handlers.ts'
import { engineValueHandlers } from './engine-value-handlers.ts'
import { eventHandlers } from './event-handlers.ts'
import type { HandlerContext } from './handler-context.ts'
import { journalHandlers } from './journal-handlers.ts'
import { lakeHandlers } from './lake-handlers.ts'
import { poolHandlers } from './pool-handlers.ts'
import { runHandlers } from './run-handlers.ts'
import { runReadingHandlers } from './run-reading-handlers.ts'
import { serverHandlers } from './server-handlers.ts'
import { settingHandlers } from './setting-handlers.ts'
import { tokenHandlers } from './token-handlers.ts'
import { waitHandlers } from './wait-handlers.ts'
import { workerHandlers } from './worker-handlers.ts'

/** What each operation of the contract does: the compiler sees that none is missing. */
export function allHandlers(context: HandlerContext): Handlers<OperationId> {
  return {
    ...serverHandlers(context),
    ...runHandlers(context),
    ...runReadingHandlers(context),
    ...waitHandlers(context),
    ...eventHandlers(context),
    ...deploymentHandlers(context),
    ...poolHandlers(context),
    ...workerHandlers(context),
    ...settingHandlers(context),
    ...blockHandlers(context),
    ...tokenHandlers(context),
    ...journalHandlers(context),
    ...engineHandlers(context),
    ...engineValueHandlers(context),
    ...lakeHandlers(context),
  }
}
