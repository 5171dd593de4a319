import { SluiceError } from '@sluice/core'
import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { urlToHttpOptions } from 'node:url'
import { type Incoming, mediaType, type Outgoing, type Transport, transportError } from '../client/transport.ts'
import { systemPlatform } from '../platform.ts'

/** A transport over connections that stay open: half the work of `fetch` for each of many small calls. */
export interface HttpTransport {
  readonly send: Transport
  /** Closes the connections that are kept open. */
  readonly close: () => void
}

const longestTimer = 2 ** 31 - 1

/** All transports of a process to one server share its connections: an inline worker has a client for each of its runs. */
export function httpTransport(url: string): HttpTransport {
  const { origin } = new URL(url)
  const pool = pools.get(origin) ?? newPool(origin)
  pools.set(origin, pool)
  pool.users++
  const underWay = new Set<ClientRequest>()
  let closed = false
  return {
    send: (outgoing) => exchange(outgoing, pool, underWay),
    close() {
      if (closed) return
      closed = true
      for (const request of underWay) request.destroy(new Error('the client was closed'))
      if (--pool.users > 0) return
      if (pools.get(origin) === pool) pools.delete(origin)
      pool.agent.destroy()
    },
  }
}

interface Pool {
  readonly agent: HttpAgent
  readonly open: typeof httpRequest
  /** Taken apart once: that is a tenth of a small call. */
  readonly address: RequestOptions
  users: number
}

/** By origin, as long as somebody uses it. */
const pools = new Map<string, Pool>()

function newPool(origin: string): Pool {
  const secure = origin.startsWith('https:')
  // A server closes an idle connection when it likes: the agent learns it from `Keep-Alive: timeout` and lets go before.
  const options = { keepAlive: true, maxFreeSockets: 64, scheduling: 'lifo' } as const
  return {
    agent: secure ? new HttpsAgent(options) : new HttpAgent(options),
    open: secure ? httpsRequest : httpRequest,
    address: urlToHttpOptions(new URL(origin)),
    users: 0,
  }
}

function exchange(outgoing: Outgoing, { open, agent, address }: Pool, underWay: Set<ClientRequest>): Promise<Incoming> {
  const { url, method, headers, body, timeoutMs, signal } = outgoing
  const { promise, resolve, reject } = Promise.withResolvers<Incoming>()
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  const length = body === undefined ? {} : { 'content-length': lengthOf(body) }
  const request = open({ ...address, path: pathOf(url), method, agent, headers: { ...headers, ...length } })
  underWay.add(request)
  let timedOut = false
  const abort = (): void => void request.destroy(new Error('aborted'))
  // Not `AbortSignal.timeout`: that costs as much as the rest of a small call.
  const cancelTimer = systemPlatform.after(Math.min(timeoutMs, longestTimer), () => {
    timedOut = true
    abort()
  })
  const settle = (): void => {
    underWay.delete(request)
    signal?.removeEventListener('abort', abort)
    cancelTimer()
  }
  const fail = (error: unknown): void => {
    settle()
    reject(transportError(error, url, signal, timedOut ? timeoutMs : undefined))
  }
  signal?.addEventListener('abort', abort)
  request.on('error', fail)
  request.on('response', (response) => {
    read(response).then((incoming) => {
      settle()
      resolve(incoming)
    }, fail)
  })
  if (body instanceof Blob) sendBlob(body, request)
  else request.end(body)
  return promise
}

function lengthOf(body: NonNullable<Outgoing['body']>): number {
  return body instanceof Blob ? body.size : Buffer.byteLength(body)
}

/** What goes wrong with the file is told as what goes wrong with the request. */
function sendBlob(body: Blob, request: ClientRequest): void {
  pipeline(Readable.fromWeb(body.stream() as ReadableStream<Uint8Array>), request).catch((error: unknown) =>
    request.destroy(error instanceof Error ? error : new Error(String(error))),
  )
}

/** What follows scheme and host, neither of which has a slash. */
function pathOf(url: string): string {
  const from = url.indexOf('/', url.indexOf('//') + 2)
  return from < 0 ? '/' : url.slice(from)
}

function read(response: IncomingMessage): Promise<Incoming> {
  const { promise, resolve, reject } = Promise.withResolvers<Incoming>()
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  response.on('error', reject)
  response.on('close', () => {
    if (!response.complete) reject(new SluiceError('SERVER_UNREACHABLE', { reason: 'the connection broke' }))
  })
  response.on('end', () => {
    const whole = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
    resolve({
      status: response.statusCode ?? 0,
      type: mediaType(response.headers['content-type']),
      bytes: () => new Uint8Array(whole),
      text: () => whole.toString('utf8'),
    })
  })
  return promise
}
