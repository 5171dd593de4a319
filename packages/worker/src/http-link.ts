import { createClient } from '@sluice/api/node'
import { serverChoice } from './server-choice.ts'
import type { ServerLink } from './server-link.ts'

/** Beyond the time that the server may let a claim wait. */
const claimSlackMs = 10_000
const logTimeoutMs = 10_000

/** The worker's line to its servers. `url` may name several, separated by commas. */
export function httpLink(url: string, token: string): ServerLink & AsyncDisposable {
  const urls = url.split(',').map((each) => each.trim())
  const servers = serverChoice(urls.map((each) => createClient({ url: each, token })))
  return {
    urls,
    register: (worker, body) => servers.call((client) => client.registerWorker({ params: { worker }, body })),
    heartbeat: (worker, body, timeoutMs) =>
      servers.call((client) => client.heartbeat({ params: { worker }, body, timeoutMs })),
    claim(worker, body, signal) {
      const call = { params: { worker }, body, signal, timeoutMs: body.waitMs + claimSlackMs }
      return servers.call((client) => client.claimRuns(call))
    },
    async reportExit(worker, body) {
      return (await servers.call((client) => client.reportExit({ params: { worker }, body }))).outcome
    },
    stop: (worker) => servers.call((client) => client.stopWorker({ params: { worker }, timeoutMs: 3_000 })),
    appendLogs({ run, token: runToken }, entries) {
      const headers = { authorization: `Bearer ${runToken}` }
      const call = { params: { run: run.id }, body: { entries }, headers, timeoutMs: logTimeoutMs }
      return servers.call((client) => client.appendLogs(call))
    },
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  }
}
