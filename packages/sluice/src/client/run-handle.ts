import type { LogLineJson, RunDetailJson } from '@sluice/api'
import type { Client } from '@sluice/api/client'
import { pause } from '../platform.ts'
import { fromStoredError, isTerminal, SluiceError, type StoredError } from '@sluice/core'

export interface WaitOptions {
  /** Stops the waiting, not the run. */
  readonly signal?: AbortSignal
}

/** A run that somebody else works on. */
export interface RunHandle<R = unknown> {
  readonly id: string
  /** The run as it is now. */
  get(): Promise<RunDetailJson>
  /** Waits for its end, however it ends. Rejects with the reason of the signal. */
  wait(options?: WaitOptions): Promise<RunDetailJson>
  /** Waits for its end: its result as JSON has it, or what it threw. */
  result(options?: WaitOptions): Promise<R>
  /** Asks for its end. */
  cancel(reason?: string): Promise<void>
  /** What it logs, from its beginning to its end, as it comes. */
  logs(options?: WaitOptions): AsyncIterable<LogLineJson>
}

/** A handle for a run by its id; the run need not be there yet. */
export function runHandle<R>(client: Client, id: string): RunHandle<R> {
  const params = { run: id }
  const get = (): Promise<RunDetailJson> => client.getRun({ params })
  const wait = async (options: WaitOptions = {}): Promise<RunDetailJson> => {
    const { signal } = options
    // The stream ends with the run; it may also end because the server does not have it any more.
    for await (const message of messages(client, id, signal)) if (message.event === 'end') break
    signal?.throwIfAborted()
    return get()
  }
  return {
    id,
    get,
    wait,
    async result(options) {
      return resultOf(await wait(options)) as R
    },
    async cancel(reason) {
      await client.cancelRun({ params, body: reason === undefined ? {} : { reason } })
    },
    async *logs({ signal } = {}) {
      let after: string | undefined
      for await (const message of messages(client, id, signal)) {
        if (message.event !== 'log') continue
        after = message.data.position
        yield message.data
      }
      signal?.throwIfAborted()
      // The process of a run writes its last lines a moment after its end.
      await pause(lastLinesMs)
      yield* linesAfter(client, id, after)
    },
  }
}

const lastLinesMs = 500

async function* linesAfter(client: Client, id: string, from: string | undefined): AsyncGenerator<LogLineJson> {
  for (let after = from, next: string | null = ''; next !== null; after = next ?? after) {
    const page = await client.listLogs({
      params: { run: id },
      query: { limit: 1000, ...(after === undefined ? {} : { after }) },
    })
    yield* page.items
    next = page.next
  }
}

function messages(client: Client, id: string, signal: AbortSignal | undefined): ReturnType<Client['stream']> {
  return client.stream('streamRun', { params: { run: id }, ...(signal === undefined ? {} : { signal }) })
}

/** What the run came to, as a call of its flow would tell it. */
function resultOf(run: RunDetailJson): unknown {
  const { state, error } = run
  if (state.type === 'completed') return run.result
  if (state.type === 'cancelled')
    throw new SluiceError('RUN_CANCELLED', { run: run.id, reason: state.message ?? undefined })
  if (error !== null) throw fromStoredError(storedError(error))
  const reason = isTerminal(state.type) ? `it ended ${state.name}` : `it is ${state.name}`
  throw new SluiceError('RUN_CRASHED', { run: run.id, reason })
}

function storedError({ code, ...error }: NonNullable<RunDetailJson['error']>): StoredError {
  return (code === null ? error : { ...error, code }) as StoredError
}
