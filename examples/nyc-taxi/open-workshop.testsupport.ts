import { type AnyFlow, startRun, type TaskFuture } from '@sluice/engine'
import { FakeClock, testHome } from '@sluice/testing'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'

interface Ended {
  readonly id: string
  readonly outcome: PromiseSettledResult<unknown>
  /** `name: state` of every task of the run, in the order in which they ended. */
  readonly tasks: readonly string[]
}

/** A home, a directory and a clock of one test's own. The clock stands still but for waits: a retry delay takes no time. */
export interface Workshop extends AsyncDisposable {
  readonly directory: string
  readonly clock: FakeClock
  readonly home: Awaited<ReturnType<typeof testHome>>
  /** Runs a flow to its end, whatever that is. */
  run(flow: object, parameters: object): Promise<Ended>
}

export async function openWorkshop(): Promise<Workshop> {
  const directory = await mkdtemp(path.join(tmpdir(), 'taxi-test-'))
  const clock = new FakeClock()
  const home = await testHome({ platform: clock })
  const run = async (flow: object, parameters: object): Promise<Ended> => {
    const running = startRun(flow as AnyFlow, parameters, { home })
    const outcome = await settle(running, clock)
    const { items } = await home.store.listTaskRuns({ rootId: running.id, limit: 1_000 })
    return { id: running.id, outcome, tasks: items.map(({ name, state }) => `${name}: ${state.name}`) }
  }
  const dispose = async (): Promise<void> => {
    await home.close()
    await rm(directory, { recursive: true, force: true })
  }
  return { directory, clock, home, run, [Symbol.asyncDispose]: dispose }
}

async function settle(running: TaskFuture<unknown>, clock: FakeClock): Promise<PromiseSettledResult<unknown>> {
  const ended: PromiseSettledResult<unknown>[] = []
  void running.settled().then((outcome) => ended.push(outcome))
  for (;;) {
    await clock.advance(1_000)
    const [outcome] = ended
    if (outcome !== undefined) return outcome
  }
}

/** A web site on the loopback that answers `failures` times with `status`, then with the file. */
export interface Site extends AsyncDisposable {
  readonly url: string
  readonly requests: () => number
}

export async function openSite(file: Buffer, failures = 0, status = 503): Promise<Site> {
  let requests = 0
  const server = createServer((_request, response) => {
    requests++
    if (requests <= failures) response.writeHead(status).end()
    else response.writeHead(200, { 'content-length': file.length }).end(file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/{color}_{year}-{month}.csv.gz`,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
