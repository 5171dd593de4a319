import { contract, type Operation } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import Fastify, { type FastifyInstance } from 'fastify'
import type { AppOptions } from './app-options.ts'
import { checkHost } from './auth/host-check.ts'
import { addBodyParsers, addStreamParser, mebibyte } from './body-parsers.ts'
import { addJournalLink } from './journal-link.ts'
import type { AnyHandler } from './endpoint-handler.ts'
import { allHandlers } from './handlers/all-handlers.ts'
import { createLakeHost } from './lake-host.ts'
import { answerMalformed, problemSender } from './problems.ts'
import { operationRoute } from './operation-route.ts'
import { answerHeaders } from './answer-headers.ts'
import { addPlainRoutes } from './plain-routes.ts'
import { methodsAt } from './route-table.ts'

/** The HTTP side of a server: a route per operation of the contract, and nothing is done that the contract does not allow. */
export function createApp(options: AppOptions): FastifyInstance {
  const sendProblem = problemSender(options.log)
  const app = Fastify({
    bodyLimit: mebibyte,
    // A worker's or engine's long poll takes 30 s; a client that sends nothing for longer is gone.
    requestTimeout: 120_000,
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 5_000 },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // Fastify's own answer while it closes is no problem document.
    return503OnClosing: false,
    // Ours keep what is there: `serverFactory` aside nothing of Fastify's is told to clients.
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply),
    clientErrorHandler: answerMalformed,
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
  })
  addBodyParsers(app)
  app.setErrorHandler(sendProblem)
  let stopping = false
  app.addHook('preClose', (done) => {
    stopping = true
    done()
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(answerHeaders)
    if (stopping) {
      void reply.header('connection', 'close')
      throw new SluiceError('SERVER_STOPPING')
    }
    checkHost({ host: request.headers.host, origin: request.headers.origin }, options.hosts)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = methodsAt(path)
    if (allowed.length > 0) void reply.header('allow', allowed.join(', '))
    const code = allowed.length > 0 ? 'METHOD_NOT_ALLOWED' : 'ROUTE_NOT_FOUND'
    sendProblem(new SluiceError(code, { path: path.slice(0, 200), method: request.method, allowed }), request, reply)
  })
  const lake = createLakeHost(options.home)
  app.addHook('onClose', () => lake.close())
  const handlers = allHandlers({ ...options, lake })
  const operations = Object.values(contract) as readonly Operation[]
  const addRoutes = (to: FastifyInstance, some: readonly Operation[]): void => {
    for (const operation of some)
      to.route(operationRoute(operation, handlers[operation.operationId] as AnyHandler, options))
  }
  addRoutes(
    app,
    operations.filter(({ bytesBody }) => bytesBody !== 'stream'),
  )
  void app.register(async (streams) => {
    addStreamParser(streams)
    addRoutes(
      streams,
      operations.filter(({ bytesBody }) => bytesBody === 'stream'),
    )
  })
  addJournalLink(app, options, handlers.appendJournals as AnyHandler)
  addPlainRoutes(app, options)
  return app
}

/** The contract checks what comes and goes. Left alone, Fastify loads compilers for schemas: 110 modules, 40 ms of the start. */
function noCompiler(): never {
  throw new Error('routes have no Fastify schemas: the contract checks them')
}
