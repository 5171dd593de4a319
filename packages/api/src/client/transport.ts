import { SluiceError } from '@sluice/core'

/** One request as it goes out. */
export interface Outgoing {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** A blob is read while it is sent. */
  readonly body: string | Uint8Array<ArrayBuffer> | Blob | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** One answer, read to its end. */
export interface Incoming {
  readonly status: number
  /** The media type, without parameters; empty when there is none. */
  readonly type: string
  readonly bytes: () => Uint8Array<ArrayBuffer>
  readonly text: () => string
}

/** Sends a request and reads the answer. Rejects with `SERVER_UNREACHABLE`, `SERVER_TIMEOUT`, or the reason of the signal. */
export type Transport = (request: Outgoing) => Promise<Incoming>

export type Fetch = typeof globalThis.fetch

/** The transport of browsers, and of Node where nothing is hot. */
export function fetchTransport(fetch: Fetch): Transport {
  return async ({ method, url, headers, body, timeoutMs, signal }) => {
    const timeout = AbortSignal.timeout(timeoutMs)
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    try {
      const response = await fetch(url, { method, headers, body: body ?? null, signal: either, redirect: 'error' })
      const bytes = new Uint8Array(await response.arrayBuffer())
      return {
        status: response.status,
        type: mediaType(response.headers.get('content-type')),
        bytes: () => bytes,
        text: () => new TextDecoder().decode(bytes),
      }
    } catch (error) {
      throw transportError(error, url, signal, timeout.aborted ? timeoutMs : undefined)
    }
  }
}

/** Why there is no answer: the caller gave up, it took too long, or there is nobody. */
export function transportError(
  error: unknown,
  url: string,
  signal: AbortSignal | undefined,
  timedOutMs: number | undefined,
): unknown {
  if (signal?.aborted === true) return signal.reason
  const server = new URL(url).origin
  if (timedOutMs !== undefined)
    return new SluiceError('SERVER_TIMEOUT', { url: server, after: `${timedOutMs} ms` }, { cause: error })
  return new SluiceError('SERVER_UNREACHABLE', { url: server, reason: reasonOf(error) }, { cause: error })
}

/** fetch says only "fetch failed": what happened is its cause, which may itself stand for several tries. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return reasonOf(error.cause)
  const [first] = error instanceof AggregateError ? error.errors : []
  return first instanceof Error ? first.message : error.message
}

export function mediaType(header: string | null | undefined): string {
  return header?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}
