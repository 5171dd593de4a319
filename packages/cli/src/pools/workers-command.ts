import type { WorkerJson } from '@sluice/api'
import { withClient } from '../connect/with-client.ts'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { cell, showList } from '../output/show-list.ts'
import { agoText } from '../output/time-text.ts'
import { readAll } from '../runs/read-all.ts'

/** `sluice worker ls`: who works for which pool. */
export async function listWorkers(
  flags: { readonly json: boolean; readonly pool?: string | undefined; readonly all: boolean },
  io: CliIo,
): Promise<number> {
  return withClient(io, async (client) => {
    const query = { limit: 1000, ...(flags.pool === undefined ? {} : { pool: flags.pool }) }
    const found = await readAll((after) => client.listWorkers({ query: { ...query, ...after } }))
    const now = io.now()
    const view = {
      columns: [
        { title: 'WORKER', give: 2 },
        { title: 'POOL' },
        { title: 'STATUS' },
        { title: 'RUNS', align: 'right' as const },
        { title: 'SEEN' },
        { title: 'PROCESS', give: 1, drop: 2 },
        { title: 'MODE', drop: 1 },
        { title: 'VERSION', drop: 3 },
      ],
      row: (worker: WorkerJson) => [
        cell(worker.name, 'bold'),
        cell(placeText(worker)),
        cell(worker.status, worker.status === 'online' ? 'green' : worker.status === 'offline' ? 'red' : 'yellow'),
        cell(`${worker.runs} of ${worker.capacity}`),
        cell(agoText(microsOf(worker.lastSeenAt), now)),
        cell(`${worker.pid} on ${worker.host}`),
        cell(worker.mode),
        cell(worker.version),
      ],
      empty: 'No worker is online. Start one: npx sluice worker start --pool default',
    }
    return showList(flags.all ? found : found.filter((worker) => worker.status !== 'offline'), view, flags.json, io)
  })
}

/** The pool, and the queues where it is not all of them. */
function placeText({ pool, queues }: WorkerJson): string {
  return queues === null || queues.length === 0 ? pool : `${pool} (${queues.join(', ')})`
}
