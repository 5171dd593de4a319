import { startServer } from '@sluice/server'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { factLines } from '../output/show-list.ts'

export interface ServerFlags {
  readonly json: boolean
  readonly host?: string
  readonly port: number
  readonly databaseUrl?: string
}

/** `sluice server start`: serves until it is stopped, then lets what is under way end. */
export async function serverCommand(flags: ServerFlags, io: CliIo): Promise<number> {
  const { host, port, databaseUrl } = flags
  const server = await startServer({
    cwd: io.cwd,
    port,
    ...(host === undefined ? {} : { host }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  })
  if (flags.json) io.stdout.write(`${JSON.stringify({ url: server.url })}\n`)
  else {
    const facts = [
      ['server', server.url],
      ['API', `${server.url}/api/docs`],
      ['worker', 'npx sluice worker start --pool default'],
      ['stop', 'Ctrl-C'],
    ] as const
    io.stderr.write(`${factLines(facts, io).join('\n')}\n`)
  }
  await io.onceStopped()
  await server.stop()
  return exitCodes.ok
}
