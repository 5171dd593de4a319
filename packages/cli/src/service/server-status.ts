import { exitCodes } from '../exit-code.ts'
import { findServer } from '../connect/places.ts'
import { clientOf } from '../connect/with-client.ts'
import type { CliIo } from '../io.ts'
import { factLines, showOne } from '../output/show-list.ts'
import { timeText } from '../output/in-text.ts'

/** `sluice server status`: which server commands talk to, and whether it answers. Exit code 1 when there is none. */
export async function serverStatus(flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  const server = await findServer(io)
  if (server === undefined) {
    const none = 'No server runs on this project. Start one: npx sluice server start, or everything: npx sluice dev'
    showOne({ running: false }, () => [none], flags.json, io)
    return exitCodes.failed
  }
  await using client = await clientOf(server)
  const about = await client.version()
  const lines = (): readonly string[] =>
    factLines(
      [
        ['server', server.url],
        ['found by', server.from === 'home' ? 'this project' : server.from],
        ['version', about.version],
        ['store', about.store],
        ['its time', timeText(about.serverTime)],
        ['API', `${server.url}/api/docs`],
      ],
      io,
    )
  return showOne({ running: true, url: server.url, from: server.from, ...about }, lines, flags.json, io)
}
