import { isSluiceError, SluiceError } from '@sluice/core'
import type { JournalBatch, JournalReceipt } from '@sluice/store'
import { isAway } from './away.ts'
import type { EngineClient } from './engine-client.ts'
import type { RunStore, StartedRuns } from '../run-store.ts'

/** How long a question for news may be open: the server answers earlier when there is some. */
const longestPollMs = 20_000

/** Sends one batch of a journal. */
export type SendBatch = (batch: JournalBatch) => Promise<JournalReceipt>

/** The store of one claimed run, on the other side of HTTP. `rootId` is all it can reach. */
export function remoteStore(
  client: EngineClient,
  location: string,
  rootId: string,
  send: SendBatch = sendAlone(client, rootId),
): RunStore {
  const params = { run: rootId }
  let seen: string | undefined
  return {
    location,
    controlIsPushed: true,
    appendJournal: (batch) => told(location, async () => ({ freed: [], ...(await send(batch)) })),
    loadCheckpoints: () => told(location, () => client.loadCheckpoints({ params })),
    async readControl(_, options) {
      // Without a word of what is known already, everything is news.
      if (options?.seen === undefined) seen = undefined
      const waitMs = options?.seen === undefined ? 0 : Math.min(options.waitMs, longestPollMs)
      const query = { waitMs, ...(seen !== undefined && { seen }) }
      const answer = await told(location, () =>
        client.readControl({ params, query, ...(options?.signal && { signal: options.signal }) }),
      )
      seen = answer.seen
      return answer
    },
    timeOutWait: async ({ waitId }) =>
      (await told(location, () => client.timeOutWait({ params: { ...params, wait: waitId } }))).answer,
    appendLogs: (entries) => told(location, () => client.appendLogs({ params, body: { entries } })),
    async acquireSlots({ key, needs }, waitMs = 0) {
      const body = { key, needs, waitMs: Math.min(waitMs, longestPollMs) }
      return (await told(location, () => client.acquireSlots({ params, body }))).granted
    },
    async releaseSlots({ key }) {
      await told(location, () => client.releaseSlots({ params, body: { keys: [key] } }))
      return { granted: [] }
    },
    getCached: (key) =>
      told(location, async () => (await client.getCached({ params: { ...params, key } })).cached ?? undefined),
  }
}

/** Each batch in a request of its own. */
export function sendAlone(client: EngineClient, rootId: string): SendBatch {
  return (body) => client.appendJournal({ params: { run: rootId }, body })
}

/** Starting separate runs through the server. */
export function remoteStarts(client: EngineClient, location: string, rootId: string): StartedRuns {
  return {
    start: ({ by: _, deployment, name, priority, ...given }) =>
      told(location, async () => {
        await client.startRun({
          params: { run: rootId },
          body: {
            ...given,
            ...(deployment !== undefined && { deployment }),
            ...(name !== undefined && { name }),
            ...(priority !== undefined && { priority }),
          },
        })
      }),
    outcome: (id) =>
      told(
        location,
        async () => (await client.startedOutcome({ params: { run: rootId, started: id } })).outcome ?? undefined,
      ),
    cancel: (id, reason) =>
      told(location, () => client.cancelStarted({ params: { run: rootId, started: id }, body: { reason } })),
  }
}

/** A server that is away, or breaks, is a store that does not answer: it is asked again, and nothing is lost. */
export async function told<T>(location: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (isSluiceError(error) && !isAway(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new SluiceError('STORE_UNAVAILABLE', { location, reason }, { cause: error })
  }
}
