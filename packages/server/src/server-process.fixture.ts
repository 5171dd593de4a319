import { startServer, untilSignalled } from './index.ts'

// A server in a process of its own, for tests that stop, freeze and kill it: `home` and `leaseMs` as arguments.
const [home = '', leaseMs = '15000'] = process.argv.slice(2)
const settings = { leaseMs: Number(leaseMs), heartbeatMs: Number(leaseMs) / 3 }
const server = await startServer({ home, port: 0, settings })
process.send?.(server.url)
await untilSignalled(server)
process.disconnect?.()
