// node serve.ts <JSON of ServerOptions>: a server, until SIGTERM.
import { type ServerOptions, startServer, untilSignalled } from '@sluice/server'

const server = await startServer(JSON.parse(process.argv[2] ?? '{}') as ServerOptions)
const ended = untilSignalled(server)
process.send?.(server.url)
await ended
