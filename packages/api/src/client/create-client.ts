import { SluiceError } from '@sluice/core'
import { endpoints, type OperationId } from '../endpoints.ts'
import { type Platform, systemPlatform } from '../platform.ts'
import { fromProblem } from '../problem.ts'
import { protocol, protocolHeader } from '../protocol.ts'
import type { CallOptions, Client, Retry } from './client.ts'
import { isRepeatable, type Parts, pathOf, waitOf } from './request.ts'
import { retrying } from './retrying.ts'
import { openStream, type StreamParts } from './stream.ts'
import { type Fetch, fetchTransport, type Incoming, type Transport } from './transport.ts'

export interface ClientOptions {
  /** Where the server is, as `http://127.0.0.1:4200`. */
  readonly url: string
  readonly token?: string | undefined
  readonly fetch?: Fetch
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** None when left out. */
  readonly retry?: Retry | undefined
  /** Of every call that sets none of its own. */
  readonly timeoutMs?: number
  /** How calls get there, in place of `fetch`. Streams always use `fetch`. */
  readonly transport?: Transport
  readonly platform?: Platform
  /** Gives up what is kept open between calls. */
  readonly close?: () => void
}

const defaultTimeoutMs = 30_000

/** The typed client. It loads no schema: what it sends is checked by the compiler, and by the server. */
export function createClient(options: ClientOptions): Client {
  const fetch = options.fetch ?? globalThis.fetch
  const to: Target = {
    ...options,
    url: options.url.replace(/\/+$/, ''),
    platform: options.platform ?? systemPlatform,
    fetch,
    transport: options.transport ?? fetchTransport(fetch),
    headers: { ...headersOf(options.token), ...options.headers },
  }
  const calls = (Object.keys(endpoints) as OperationId[]).map(
    (id) => [id, (input: Parts & CallOptions = {}) => call(to, id, input)] as const,
  )
  return {
    ...Object.fromEntries(calls),
    stream: (id: OperationId, input: StreamParts) => openStream({ ...to, path: pathOf(id, input) }, input),
    [Symbol.asyncDispose]: async () => options.close?.(),
  } as unknown as Client
}

/** {@link ClientOptions} with nothing left out that every call needs. */
interface Target extends ClientOptions {
  readonly platform: Platform
  readonly fetch: Fetch
  readonly transport: Transport
  readonly headers: Readonly<Record<string, string>>
}

function headersOf(token: string | undefined): Readonly<Record<string, string>> {
  const version = { [protocolHeader]: String(protocol) }
  return token === undefined ? version : { ...version, authorization: `Bearer ${token}` }
}

function call(to: Target, id: OperationId, input: Parts & CallOptions): Promise<unknown> {
  const retry = 'retry' in input ? input.retry : to.retry
  if (retry === undefined || !isRepeatable(id, input)) return send(to, id, input)
  return retrying(retry, to.platform, input.signal, () => send(to, id, input))
}

async function send(to: Target, id: OperationId, input: Parts & CallOptions): Promise<unknown> {
  const { body, signal } = input
  const raw = body instanceof Uint8Array || body instanceof Blob
  const type = raw ? 'application/octet-stream' : 'application/json'
  const answer = await to.transport({
    method: endpoints[id].method,
    url: to.url + pathOf(id, input),
    headers: { ...to.headers, ...(body === undefined ? {} : { 'content-type': type }), ...input.headers },
    body: raw ? (body as Uint8Array<ArrayBuffer> | Blob) : body === undefined ? undefined : JSON.stringify(body),
    // A third of a lease is no whole number, and a timer takes no other.
    timeoutMs: Math.ceil(input.timeoutMs ?? (to.timeoutMs ?? defaultTimeoutMs) + waitOf(input)),
    signal,
  })
  return answer.status < 400 ? valueOf(answer, to.url) : Promise.reject(problemOf(answer, to.url))
}

function valueOf(answer: Incoming, url: string): unknown {
  if (answer.status === 204) return undefined
  if (answer.type === 'application/json') return parsed(answer, url)
  if (answer.type === 'application/octet-stream') return answer.bytes()
  if (answer.type === 'text/html') return answer.text()
  throw unreadable(url, `it is ${answer.type || 'of no type'}`)
}

function parsed(answer: Incoming, url: string): unknown {
  try {
    return JSON.parse(answer.text())
  } catch (cause) {
    throw unreadable(url, 'it is not JSON', cause)
  }
}

/** What the server says went wrong; when it says nothing we know, the status. */
export function problemOf(answer: Pick<Incoming, 'status' | 'text'>, url: string): Error {
  try {
    const error = fromProblem(JSON.parse(answer.text()))
    if (error !== undefined) return error
  } catch {
    // Not JSON: something before the server answered.
  }
  if (awayStatuses.has(answer.status))
    return new SluiceError('SERVER_UNREACHABLE', { url, reason: `what stands before it answers ${answer.status}` })
  return unreadable(url, `its status is ${answer.status}`)
}

/** Of gateways: the server behind them is away. */
const awayStatuses: ReadonlySet<number> = new Set([502, 503, 504])

function unreadable(url: string, problem: string, cause?: unknown): SluiceError {
  return new SluiceError('SERVER_ANSWER_INVALID', { url, problem }, cause === undefined ? {} : { cause })
}
