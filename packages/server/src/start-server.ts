import { SluiceError } from '@sluice/core'
import { type HomeOptions, type OpenHome, openHome, secretKeyOf } from '@sluice/engine'
import type { FastifyInstance } from 'fastify'
import path from 'node:path'
import { createServices } from './create-services.ts'
import type { ServerSettings } from './context.ts'
import { createAuthenticate } from './http/auth/authenticate.ts'
import { isTokenExposed, readHomeToken } from './http/auth/home-token.ts'
import { createRunTokens } from './http/auth/run-tokens.ts'
import { createApp } from './http/create-app.ts'
import { requireSharedKey } from './key-fingerprint.ts'
import { errorFields, type Log, stderrLog } from './log.ts'
import { type Clock, systemClock, thisProcess } from './platform.ts'
import { writeServerFile } from './server-file.ts'
import type { Services } from './services.ts'
import { version } from './version.ts'

export interface ServerOptions extends Pick<HomeOptions, 'cwd' | 'home' | 'databaseUrl' | 'durability'> {
  /** In place of opening one; whoever gives it closes it. */
  readonly openedHome?: OpenHome
  /** Default: loopback, so that only this machine reaches it. */
  readonly host?: string
  /** Default 4200. 0: any that is free. */
  readonly port?: number
  /** Takes the next free port when this one is taken. Default false: throws `PORT_IN_USE`. */
  readonly nextFreePort?: boolean
  readonly log?: Log
  readonly clock?: Clock
  readonly settings?: Partial<ServerSettings>
}

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string
  readonly home: OpenHome
  readonly services: Services
  /** Accepts nothing new, answers long polls at once, lets requests under way finish (10 s at most), closes what it opened. */
  stop(): Promise<void>
}

const defaultPort = 4200
const portsTried = 20
/** How long a request under way may take once the server stops. */
const graceMs = 10_000

/**
 * Opens the home and serves it. Throws `PORT_IN_USE`, `SERVER_KEY_MISMATCH`, `OPTION_INVALID`, and what opening a home throws.
 *
 * @example
 * await using server = await startServer({ port: 0 })
 * console.log(server.url)
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const home = options.openedHome ?? (await openHome(homeOptionsOf(options)))
  const closeHome = async (): Promise<void> => {
    if (!options.openedHome) await home.close()
  }
  try {
    return await serve(home, options, closeHome)
  } catch (error) {
    await closeHome()
    throw error
  }
}

function homeOptionsOf({ cwd, home, databaseUrl, durability }: ServerOptions): HomeOptions {
  return {
    ...(cwd !== undefined && { cwd }),
    ...(home !== undefined && { home }),
    ...(databaseUrl !== undefined && { databaseUrl }),
    ...(durability !== undefined && { durability }),
  }
}

async function serve(home: OpenHome, options: ServerOptions, closeHome: () => Promise<void>): Promise<RunningServer> {
  const { host = '127.0.0.1', log = stderrLog(), clock = systemClock } = options
  await requireSharedKey(home)
  const { app, services } = assemble(home, { ...options, log, clock }, host)
  let url: string
  try {
    url = await listen(app, host, options)
  } catch (error) {
    await services.stop()
    throw error
  }
  if (isTokenExposed(home.dir))
    log.warn('Other users of this machine can read the token, which may do everything: chmod 600 it', {
      file: path.join(home.dir, 'token'),
    })
  const removeFile = writeServerFile(home.dir, url, home.store.kind)
  log.info('The server listens', { url, store: home.store.location })
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> =>
    (stopping ??= shutDown(app, services, clock, log).then(async () => {
      removeFile()
      await closeHome()
      log.info('The server has stopped', { url })
    }))
  return { url, home, services, stop, [Symbol.asyncDispose]: stop }
}

/** Services and app of a home that listen nowhere yet. */
export function assemble(
  home: OpenHome,
  options: {
    readonly log: Log
    readonly clock: Clock
    readonly settings?: Partial<ServerSettings>
    readonly loops?: boolean
  },
  host: string,
): { readonly app: FastifyInstance; readonly services: Services; readonly token: string } {
  const { log, clock } = options
  const runTokens = createRunTokens(secretKeyOf(home.dir, thisProcess.env))
  const homeToken = readHomeToken(home.dir)
  const services = createServices({ ...options, home, tokens: runTokens })
  const { store } = home
  const now = (): number => home.settings.platform.now()
  const authenticate = createAuthenticate({ homeToken, runTokens, store, clock, now })
  const hosts = { loopback: isLoopback(host), allowed: allowedHosts(thisProcess.env['SLUICE_ALLOWED_HOSTS']) }
  const app = createApp({ home, services, log, clock, authenticate, hosts, version })
  return { app, services, token: homeToken }
}

async function listen(app: FastifyInstance, host: string, options: ServerOptions): Promise<string> {
  const { port = defaultPort, nextFreePort = false } = options
  const last = nextFreePort && port !== 0 ? port + portsTried : port
  for (let tried = port; ; tried++) {
    try {
      return await app.listen({ host, port: tried })
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && tried < last) continue
      throw listenError(cause, code, host, tried)
    }
  }
}

function listenError(cause: unknown, code: string | undefined, host: string, port: number): unknown {
  if (code === 'EADDRINUSE') return new SluiceError('PORT_IN_USE', { port, host }, { cause })
  if (code === 'EACCES')
    return new SluiceError(
      'OPTION_INVALID',
      { option: 'port', problem: `this user may not listen on ${port}` },
      { cause },
    )
  if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL')
    return new SluiceError(
      'OPTION_INVALID',
      { option: 'host', problem: `'${host}' is no address of this machine` },
      { cause },
    )
  return cause
}

async function shutDown(app: FastifyInstance, services: Services, clock: Clock, log: Log): Promise<void> {
  const cut = clock.after(graceMs, () => app.server.closeAllConnections())
  try {
    await Promise.all([services.stop(), app.close()])
  } catch (error) {
    log.error('The server did not stop cleanly', errorFields(error))
  } finally {
    cut()
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

function allowedHosts(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
}
