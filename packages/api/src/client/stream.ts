import type { Platform } from '../platform.ts'
import type { StreamMessage } from './client.ts'
import { problemOf } from './create-client.ts'
import type { Parts } from './request.ts'
import { pauseMs, isPassing, pause } from './retrying.ts'
import { type SseMessage, sseParser } from './sse-parser.ts'
import { type Fetch, transportError } from './transport.ts'

export interface StreamParts extends Parts {
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  readonly lastEventId?: string
}

interface Source {
  readonly url: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: Fetch
  readonly platform: Platform
}

/** The server sends a comment every 15 s: after three that did not come the connection is dead. */
const silenceMs = 45_000

/** Messages from one connection after another, each going on where the one before broke off. */
export async function* openStream(source: Source, input: StreamParts): AsyncGenerator<StreamMessage, void> {
  let { lastEventId = '' } = input
  for (let failures = 0; ; failures++) {
    try {
      for await (const message of messages(source, input, lastEventId)) {
        failures = 0
        lastEventId = message.id
        if (message.event === '') continue
        yield { id: message.id, event: message.event, data: JSON.parse(message.data) } as StreamMessage
        if (message.event === 'end') return
      }
    } catch (error) {
      if (input.signal?.aborted === true) return
      if (!isPassing(error)) throw error
    }
    try {
      await pause(pauseMs({}, failures, source.platform.random()), source.platform, input.signal)
    } catch {
      return
    }
  }
}

/** The messages of one connection. A message without event only says where we are. */
async function* messages(source: Source, input: StreamParts, after: string): AsyncGenerator<SseMessage, void> {
  const { url, path, platform } = source
  const connection = new AbortController()
  const signal = input.signal === undefined ? connection.signal : AbortSignal.any([input.signal, connection.signal])
  const last = after === '' ? {} : { 'last-event-id': after }
  const headers = { ...source.headers, ...input.headers, accept: 'text/event-stream', ...last }
  let watch = (): void => undefined
  const alive = (): void => {
    watch()
    watch = platform.after(silenceMs, () => connection.abort())
  }
  try {
    alive()
    const response = await source.fetch(url + path, { headers, signal, redirect: 'error' })
    if (response.status >= 400) throw problemOf(await answerOf(response), url)
    const parse = sseParser()
    for await (const chunk of response.body ?? []) {
      alive()
      yield* parse(chunk)
    }
  } catch (error) {
    throw error instanceof Error && 'code' in error && 'details' in error
      ? error
      : transportError(error, url, input.signal, undefined)
  } finally {
    watch()
    connection.abort()
  }
}

async function answerOf(response: Response): Promise<{ status: number; text: () => string }> {
  const text = await response.text()
  return { status: response.status, text: () => text }
}
