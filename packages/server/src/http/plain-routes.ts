import { errorsPage } from '@sluice/api'
import type { FastifyInstance } from 'fastify'
import type { AppOptions } from './app-options.ts'
import { createMetrics } from './metrics.ts'

/** What is for machines that watch the server, and where problem documents point: no part of the contract. */
export function addPlainRoutes(app: FastifyInstance, options: AppOptions): void {
  const { services } = options
  app.get('/health', () => ({ status: 'ok' }))
  app.get('/ready', async () => {
    await services.ready()
    return { status: 'ready' }
  })
  app.get('/api/docs/errors', (_request, reply) => reply.type('text/html; charset=utf-8').send(errorsPage()))
  const metrics = createMetrics(app, options)
  app.get('/metrics', async (_request, reply) => {
    const { type, text } = await metrics.scrape()
    return reply.type(type).send(text)
  })
}
