import { type Problem, problemType, toProblem } from '@sluice/api'
import { isSluiceError, SluiceError } from '@sluice/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { errorFields, type Log } from '../log.ts'
import { answerHeaders } from './answer-headers.ts'

/** Answers with a problem document. What nobody foresaw is logged under the `instance` that the caller is told. */
export type SendProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void

export function problemSender(log: Log): SendProblem {
  return (error, request, reply) => {
    const { method, routeOptions } = request
    const problem = problemOf(log, { method, path: routeOptions.url ?? 'no route' }, error)
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer')
    if (problem.status === 503) void reply.header('retry-after', '1')
    void reply.headers(answerHeaders)
    void reply.code(problem.status).type(problemType).send(JSON.stringify(problem))
  }
}

/** The problem of an error. What is the server's own is logged, with where it happened. */
export function problemOf(log: Log, where: Readonly<Record<string, string>>, error: unknown): Problem {
  const known = asSluiceError(error)
  const instance = known === undefined ? `urn:sluice:error:${randomBytes(8).toString('hex')}` : undefined
  const problem = toProblem(known ?? error, instance)
  if (problem.status >= 500) {
    const more = { status: problem.status, ...(instance && { instance }), ...errorFields(error) }
    log.error('a request failed', { ...where, ...more })
  }
  return problem
}

/** Errors of the framework are about the request, save those that are not. */
function asSluiceError(error: unknown): SluiceError | undefined {
  if (isSluiceError(error)) return error
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code, message } = error
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new SluiceError('BODY_TOO_LARGE', {}, { cause: error })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new SluiceError('MEDIA_TYPE_UNSUPPORTED', {}, { cause: error })
  const status = 'statusCode' in error ? error.statusCode : 500
  if (typeof status !== 'number' || status >= 500) return undefined
  return new SluiceError('REQUEST_INVALID', { problem: message }, { cause: error })
}

/** What is no HTTP gets an answer too, when it still can: a malformed request line, headers that are too large. */
export function answerMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const body = JSON.stringify(
    toProblem(new SluiceError('REQUEST_INVALID', { problem: 'it is not HTTP as it should be' })),
  )
  const head = [
    'HTTP/1.1 400 Bad Request',
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`)
}
