import type { FastifyInstance } from 'fastify'
import type * as Prom from 'prom-client'
import type { AppOptions } from './app-options.ts'

/** Prometheus metrics: of the process, of requests by route and status, and the counters of the services. */
export interface Metrics {
  scrape(): Promise<{ readonly type: string; readonly text: string }>
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

interface Collected {
  readonly registry: Prom.Registry
  readonly requests: Prom.Counter
  readonly seconds: Prom.Histogram
}

export function createMetrics(app: FastifyInstance, { services }: AppOptions): Metrics {
  let collected: Collected | undefined
  // Loaded once somebody scrapes: the start of a server does without, and before that nobody looks.
  const collect = async (): Promise<Collected> => (collected ??= collecting(await import('prom-client')))
  app.addHook('onResponse', (request, reply, done) => {
    if (collected !== undefined) {
      const { method, routeOptions } = request
      const labels = { method, route: routeOptions.url ?? 'none', status: String(reply.statusCode) }
      collected.requests.inc(labels)
      collected.seconds.observe(reply.elapsedTime / 1000)
    }
    done()
  })
  return {
    async scrape() {
      const { registry } = await collect()
      const counters = Object.entries(services.counters()).flatMap(([name, count]) => counterLines(name, count))
      return { type: registry.contentType, text: `${await registry.metrics()}\n${counters.join('\n')}\n` }
    },
  }
}

function collecting(prom: typeof Prom): Collected {
  const registry = new prom.Registry()
  prom.collectDefaultMetrics({ register: registry })
  const requests = new prom.Counter({
    name: 'sluice_http_requests_total',
    help: 'Requests answered since the first scrape.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  const seconds = new prom.Histogram({
    name: 'sluice_http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    buckets,
    registers: [registry],
  })
  return { registry, requests, seconds }
}

/** The services count by name, without a library. */
function counterLines(name: string, count: number): readonly string[] {
  const metric = `sluice_${name
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll(/\W+/g, '_')
    .toLowerCase()}_total`
  return [`# HELP ${metric} Since the start of the server.`, `# TYPE ${metric} counter`, `${metric} ${count}`]
}
