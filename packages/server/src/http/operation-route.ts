import { type Operation, protocol, protocolHeader, queryDecoder } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type * as z from 'zod'
import type { AppOptions } from './app-options.ts'
import { type Caller, mayUse } from './auth/caller.ts'
import { mebibyte } from './body-parsers.ts'
import type { AnyAsked, AnyHandler } from './endpoint-handler.ts'
import { sendEvents } from './send-events.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends it: known before its body is read. */
    caller?: Caller
  }
}

/** The route of one operation: who calls is checked before a byte of the body is read, then what is said, then it is done. */
export function operationRoute(operation: Operation, handler: AnyHandler, options: AppOptions): RouteOptions {
  const { method, path, bodyLimit = mebibyte } = operation
  const parse = parserOf(operation)
  const check = options.checkAnswers === true ? answerCheck(operation) : undefined
  const admit = admission(operation, options)
  return {
    method,
    url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    bodyLimit,
    onRequest: admit,
    async handler(request, reply) {
      const told = await handler(parse(request, reply))
      if ('events' in told)
        return sendEvents(told.events, request, reply, { clock: options.clock, admit: () => admit(request) })
      check?.(told.status, told.body)
      void reply.code(told.status)
      if (told.body === undefined) return reply.send()
      if (typeof told.body === 'string') return reply.type('text/html; charset=utf-8').send(told.body)
      if (told.body instanceof Uint8Array) return reply.type('application/octet-stream').send(told.body)
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(told.body))
    },
  }
}

/** What of a request says who sends it. */
export interface Admissible {
  readonly headers: IncomingHttpHeaders
  readonly params: unknown
  caller?: Caller
}

/** Lets a caller in, or throws `UNAUTHENTICATED`, `FORBIDDEN`, `PROTOCOL_UNSUPPORTED`. */
export function admission(
  { scope }: Operation,
  { authenticate }: Pick<AppOptions, 'authenticate'>,
): (request: Admissible) => Promise<void> {
  return async (request) => {
    if (scope === 'public') return
    const caller = await authenticate(request.headers.authorization)
    request.caller = caller
    if (!mayUse(caller, scope)) throw refusal(caller, scope)
    const { run } = request.params as { readonly run?: string }
    // What names no run says in its body for which run each part of it speaks.
    if (caller.kind === 'run' && run !== undefined && caller.rootId !== run)
      throw new SluiceError('FORBIDDEN', { problem: 'this token belongs to another run' })
    if (scope === 'worker' || scope === 'runToken') checkProtocol(request.headers[protocolHeader])
  }
}

function refusal(caller: Caller, scope: Operation['scope']): SluiceError {
  if (caller.kind === 'anonymous') return new SluiceError('UNAUTHENTICATED', { problem: 'there is none' })
  return new SluiceError('FORBIDDEN', { needed: scope === 'runToken' ? "a run's own" : scope })
}

function checkProtocol(header: string | readonly string[] | undefined): void {
  if (header !== String(protocol))
    throw new SluiceError('PROTOCOL_UNSUPPORTED', { found: String(header ?? 'none').slice(0, 20), known: protocol })
}

/** Reads a request by the contract. Throws `REQUEST_INVALID` with an issue for everything that is wrong. */
function parserOf(operation: Operation): (request: FastifyRequest, reply: FastifyReply) => AnyAsked {
  const { params, query, headers, body, bytesBody } = operation
  const decode = query && queryDecoder(query)
  const names = Object.keys(headers?.shape ?? {})
  return (request, reply) => {
    const issues: Issue[] = []
    const read = (schema: z.ZodType | undefined, value: unknown, where: string): unknown => {
      if (schema === undefined) return undefined
      const result = schema.safeParse(value)
      if (result.success) return result.data
      issues.push(
        ...result.error.issues.map(({ path, message }) => ({ path: [where, ...path], message: clipped(message) })),
      )
      return undefined
    }
    const caller = request.caller ?? { kind: 'anonymous' }
    const asked = {
      params: read(params, request.params, 'params'),
      query: read(query, decode?.(request.query as Record<string, unknown>), 'query'),
      headers: read(headers, pick(request.headers, names), 'headers'),
      body: bytesBody === undefined ? read(body, request.body, 'body') : rawBody(bytesBody, request.body),
    }
    if (bytesBody === 'stream' && asked.body === undefined)
      issues.push({ path: ['body'], message: 'expected bytes: application/octet-stream' })
    if (issues.length > 0) throw new SluiceError('REQUEST_INVALID', { issues: issues.slice(0, 50) })
    const by = caller.kind === 'anonymous' ? 'anonymous' : caller.by
    return {
      ...asked,
      caller,
      by,
      get signal() {
        return gone(reply)
      },
    }
  }
}

/** A body with thousands of unknown names is told about in a line. */
const clipped = (message: string): string => (message.length > 300 ? `${message.slice(0, 300)}…` : message)

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function rawBody(kind: true | 'stream', body: unknown): unknown {
  if (kind === 'stream') return body instanceof Readable ? body : undefined
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

function pick(headers: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (name in headers ? [[name, headers[name]]] : [])))
}

/** One for all: an error of its own, with its stack, costs more than a small request. */
const goneReason: Error = new Error('the connection is gone')

/** Aborts when the connection is gone, or the answer is sent. Made only for those who wait. */
function gone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  if (reply.raw.destroyed) controller.abort(goneReason)
  else reply.raw.once('close', () => controller.abort(goneReason))
  return controller.signal
}

function answerCheck({ operationId, responses }: Operation): (status: number, body: unknown) => void {
  return (status, body) => {
    if (!(status in responses)) throw new Error(`${operationId} answers ${status}, which the contract does not know`)
    const checked = responses[status]?.safeParse(body)
    if (checked?.success === false)
      throw new Error(`${operationId} answers what the contract does not allow: ${checked.error.message}`)
  }
}
