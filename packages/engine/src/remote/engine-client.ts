import type { Client } from '@sluice/api/client'
import { createClient } from '@sluice/api/node'
import { isSluiceError } from '@sluice/core'

type EngineOperation =
  | 'appendJournal'
  | 'appendJournals'
  | 'loadCheckpoints'
  | 'readControl'
  | 'timeOutWait'
  | 'appendLogs'
  | 'acquireSlots'
  | 'releaseSlots'
  | 'startRun'
  | 'startedOutcome'
  | 'cancelStarted'
  | 'getCached'
  | 'putResult'
  | 'getResult'
  | 'openBlock'
  | 'readVariable'
  | 'openLake'
  | 'findTables'
  | 'findTable'
  | 'commitTables'
  | 'findLoad'
  | 'findLoads'
  | 'loadedFiles'
  | 'dropTable'
  | 'holdLease'
  | 'releaseLease'
  | 'findChecks'
  | 'recordChecks'
  | 'findIncidents'
  | 'findIncident'
  | 'openIncident'
  | 'settleIncident'
  | 'searchFromRun'
  | 'findView'
  | 'findViews'
  | 'putView'
  | 'dropView'
  | 'recordLineage'
  | 'findLineage'

// A record, so that the compiler misses none.
const operations: Readonly<Record<EngineOperation, true>> = {
  appendJournal: true,
  appendJournals: true,
  loadCheckpoints: true,
  readControl: true,
  timeOutWait: true,
  appendLogs: true,
  acquireSlots: true,
  releaseSlots: true,
  startRun: true,
  startedOutcome: true,
  cancelStarted: true,
  getCached: true,
  putResult: true,
  getResult: true,
  openBlock: true,
  readVariable: true,
  openLake: true,
  findTables: true,
  findTable: true,
  commitTables: true,
  findLoad: true,
  findLoads: true,
  loadedFiles: true,
  dropTable: true,
  holdLease: true,
  releaseLease: true,
  findChecks: true,
  recordChecks: true,
  findIncidents: true,
  findIncident: true,
  openIncident: true,
  settleIncident: true,
  searchFromRun: true,
  findView: true,
  findViews: true,
  putView: true,
  dropView: true,
  recordLineage: true,
  findLineage: true,
}

/** A server that is away, hangs, stops, breaks, or stands behind a gateway that answers for it: another one may do better. */
const notAnswered: ReadonlySet<string> = new Set([
  'SERVER_UNREACHABLE',
  'SERVER_TIMEOUT',
  'SERVER_STOPPING',
  'SERVER_ANSWER_INVALID',
  'INTERNAL',
])

/** The calls of a run's engine to its server. */
export type EngineClient = Pick<Client, EngineOperation>

/**
 * Speaks to the first server that can be reached, and to the next one after a call that it did not answer. That call itself
 * fails: whoever made it knows whether it may be made again.
 */
export function engineClient(urls: readonly string[], token: string): EngineClient & AsyncDisposable {
  const clients = urls.map((url) => createClient({ url, token }))
  let current = 0
  const call = async (operation: EngineOperation, input: never): Promise<unknown> => {
    const at = current
    try {
      return await (clients[at % clients.length] as Record<typeof operation, (input: never) => Promise<unknown>>)[
        operation
      ](input)
    } catch (error) {
      if (isSluiceError(error) && notAnswered.has(error.code) && current === at) current++
      throw error
    }
  }
  return {
    ...Object.fromEntries(
      (Object.keys(operations) as EngineOperation[]).map((operation) => [
        operation,
        (input: never) => call(operation, input),
      ]),
    ),
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]()
    },
  } as unknown as EngineClient & AsyncDisposable
}
