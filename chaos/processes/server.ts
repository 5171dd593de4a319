// node server.ts <JSON of ServerOptions>: one replica, until SIGTERM.
import { type ServerOptions, startServer, untilSignalled } from '@sluice/server'

const options = JSON.parse(process.argv[2] ?? '{}') as ServerOptions
const ended = untilSignalled(await startServer(options))
process.send?.('listening')
await ended
