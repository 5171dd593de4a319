import type { OperationId } from '@sluice/api'
import type { HandlerContext } from './handler-context.ts'

/** Tells the server's log who changed what of the lake through the API, and gives back what it came to. */
export function lakeChanges({
  log,
}: Pick<HandlerContext, 'log'>): <T extends object>(operation: OperationId, by: string, result: T) => T {
  return (operation, by, result) => {
    log.info('The lake was changed', { operation, by, ...scalars(result) })
    return result
  }
}

/** What says which table, version and load it was; lists of rows and columns stay out of the log. */
function scalars(result: object): Readonly<Record<string, unknown>> {
  const facts = Object.entries(result).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
  return Object.fromEntries(facts)
}
