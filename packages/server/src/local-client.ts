import { type Client, createClient } from '@sluice/api/client'
import type { Home, OpenHome } from '@sluice/engine'
import { injectTransport } from './http/inject-transport.ts'
import { silentLog } from './log.ts'
import { systemClock } from './platform.ts'
import { assemble } from './start-server.ts'

/** The API over a home in this process: nothing listens, no loop runs. The home stays open when it is disposed. */
export interface LocalClient extends AsyncDisposable {
  readonly client: Client
}

/** For what needs no running server: the same routes, checks and answers as over HTTP. */
export async function openLocalClient(home: Home): Promise<LocalClient> {
  const options = { log: silentLog, clock: systemClock, loops: false }
  const { app, services, token } = assemble(home as OpenHome, options, 'localhost')
  return {
    client: createClient({ url: 'http://localhost', token, transport: injectTransport(app) }),
    async [Symbol.asyncDispose]() {
      await services.stop()
      await app.close()
    },
  }
}
