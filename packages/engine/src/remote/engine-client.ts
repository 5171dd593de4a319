import { type Client, type RunOperationId, runOperations } from '@sluice/api/client'
import { createClient } from '@sluice/api/node'
import { isSluiceError } from '@sluice/core'

/** A server that is away, hangs, stops, breaks, or stands behind a gateway that answers for it: another one may do better. */
const notAnswered: ReadonlySet<string> = new Set([
  'SERVER_UNREACHABLE',
  'SERVER_TIMEOUT',
  'SERVER_STOPPING',
  'SERVER_ANSWER_INVALID',
  'INTERNAL',
])

/** The calls of a run's engine to its server. */
export type EngineClient = Pick<Client, RunOperationId>

/**
 * Speaks to the first server that can be reached, and to the next one after a call that it did not answer. That call itself
 * fails: whoever made it knows whether it may be made again.
 */
export function engineClient(urls: readonly string[], token: string): EngineClient & AsyncDisposable {
  const clients = urls.map((url) => createClient({ url, token }))
  let current = 0
  const call = async (operation: RunOperationId, input: never): Promise<unknown> => {
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
    ...Object.fromEntries(runOperations.map((operation) => [operation, (input: never) => call(operation, input)])),
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]()
    },
  } as unknown as EngineClient & AsyncDisposable
}
