import type { Client } from '@sluice/api/client'
import { isSluiceError } from '@sluice/core'

/** One of several servers that share a store. */
export interface ServerChoice extends AsyncDisposable {
  /** Calls the present one. What fails is not called again here: whoever calls knows what that would mean. */
  call<T>(fn: (client: Client) => Promise<T>): Promise<T>
}

/** Stays with one server while it answers; after a call that it did not answer, or when it stops, the next one is asked. */
export function serverChoice(clients: readonly Client[]): ServerChoice {
  let at = 0
  return {
    async call(fn) {
      const used = at
      const client = clients[used % clients.length]
      if (!client) throw new Error('no server is named')
      try {
        return await fn(client)
      } catch (error) {
        if (at === used && isAway(error)) at++
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
    },
  }
}

function isAway(error: unknown): boolean {
  return (
    isSluiceError(error, 'SERVER_UNREACHABLE') ||
    isSluiceError(error, 'SERVER_TIMEOUT') ||
    isSluiceError(error, 'SERVER_STOPPING')
  )
}
