import { type Client, createClient } from '@sluice/api/client'
import { type OpenHome, secretKeyOf } from '@sluice/engine'
import { testHome } from '@sluice/testing'
import type { FastifyInstance } from 'fastify'
import { createServices } from '../create-services.ts'
import type { Log } from '../log.ts'
import { type Clock, systemClock } from '../platform.ts'
import type { Services } from '../services.ts'
import type { AppOptions } from './app-options.ts'
import { createAuthenticate } from './auth/authenticate.ts'
import { readHomeToken } from './auth/home-token.ts'
import { createRunTokens, type RunTokens } from './auth/run-tokens.ts'
import { createApp } from './create-app.ts'
import { injectTransport } from './inject-transport.ts'

/** What the app told its log. */
export interface Logged {
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>> | undefined
}

/** The whole HTTP side over a database in memory, every answer checked against the contract. */
export interface TestApp extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly home: OpenHome
  readonly services: Services
  readonly client: Client
  readonly token: string
  readonly runTokens: RunTokens
  readonly logged: Logged[]
  /** A client without or with another token. */
  clientOf(token: string | undefined): Client
}

export interface TestAppOptions extends Partial<Pick<AppOptions, 'hosts' | 'services'>> {
  readonly clock?: Clock
  readonly loops?: boolean
  /** In place of the services' own. */
  readonly events?: Partial<Services['events']>
}

export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { clock = systemClock, loops = false, hosts = { loopback: true, allowed: [] } } = options
  const home = await testHome()
  const token = readHomeToken(home.dir)
  const runTokens = createRunTokens(secretKeyOf(home.dir, {}))
  const logged: Logged[] = []
  const tell = (message: string, fields?: Logged['fields']): void => void logged.push({ message, fields })
  const log: Log = { info: () => undefined, warn: tell, error: tell }
  const made = options.services ?? createServices({ home, tokens: runTokens, log, clock, loops })
  const services: Services = { ...made, events: { ...made.events, ...options.events } }
  const now = (): number => home.settings.platform.now()
  const authenticate = createAuthenticate({ homeToken: token, runTokens, store: home.store, clock, now })
  const app = createApp({ home, services, authenticate, hosts, clock, log, version: '0.0.0-test', checkAnswers: true })
  const clientOf = (other: string | undefined): Client =>
    createClient({ url: 'http://localhost', token: other, transport: injectTransport(app) })
  return {
    app,
    home,
    services,
    token,
    runTokens,
    logged,
    clientOf,
    client: clientOf(token),
    async [Symbol.asyncDispose]() {
      await services.stop()
      await app.close()
      await home.close()
    },
  }
}
