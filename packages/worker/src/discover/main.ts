// The process that imports a project's files to look at them: told over IPC, it tells what it found and ends.
import type { DiscoveryMessage, DiscoveryOrder } from './discovered.ts'
import { findFlows } from './find-flows.ts'

const send = process.send?.bind(process)
Reflect.deleteProperty(process, 'send')

process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'))
// A declaration that nobody awaits and that is wrong is found again among the declarations; the rest is not for here.
process.on('unhandledRejection', () => undefined)
process.once('message', (order: DiscoveryOrder) => void discover(order))

async function discover(order: DiscoveryOrder): Promise<void> {
  process.chdir(order.project)
  const found = await findFlows(order, (file) => tell({ kind: 'importing', file }))
  // Timers and sockets of what was imported must not keep it.
  tell({ kind: 'found', found }, () => process.exit(0))
}

function tell(message: DiscoveryMessage, then: () => void = () => undefined): void {
  send?.(message, undefined, undefined, then)
}
