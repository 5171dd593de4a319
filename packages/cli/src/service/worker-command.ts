import { SluiceError } from '@sluice/core'
import { startWorker, type Worker } from '@sluice/worker'
import { findServer } from '../connect/places.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'

export interface WorkerFlags {
  readonly pool: string
  readonly queues: readonly string[]
  readonly limit?: number
  readonly inline: boolean
  readonly name?: string
}

/** `sluice worker start`: takes up runs until it is stopped, then lets them finish. */
export async function workerCommand(flags: WorkerFlags, io: CliIo): Promise<number> {
  const server = await findServer(io)
  if (server === undefined)
    throw new SluiceError('SERVER_UNREACHABLE', {
      reason: 'no server runs on this project; start one with npx sluice server start, or name one with --api-url',
    })
  const { token } = server
  const url = [server.url, ...(server.others ?? [])].join(',')
  if (token === undefined) throw new SluiceError('UNAUTHENTICATED', { problem: `there is no token for ${url}` })
  const worker = startWorker({
    url,
    token,
    pool: flags.pool,
    mode: flags.inline ? 'inline' : 'process',
    project: io.cwd,
    ...(flags.queues.length === 0 ? {} : { queues: flags.queues }),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
  })
  io.stderr.write(
    `worker ${worker.name} works for pool ${flags.pool} of ${url}; Ctrl-C lets its runs finish and ends it\n`,
  )
  await untilDrained(worker, io)
  return exitCodes.ok
}

/** The first signal drains, the second leaves everything to others at once. Rejects when no server will ever have this worker. */
export async function untilDrained(worker: Worker, io: CliIo): Promise<void> {
  await Promise.race([worker.ended, io.onceStopped()])
  const again = io.onceStopped()
  const drained = worker.stop()
  if (worker.executing > 0)
    io.stderr.write(`${worker.executing} runs are finishing; Ctrl-C again leaves them to other workers\n`)
  const hurried = again.then(() => worker.stop({ now: true }))
  await Promise.race([drained, hurried])
  await worker.ended
}
