import { homeToken } from '@sluice/api/node'
import { SluiceError } from '@sluice/core'
import { silentLog, startServer } from '@sluice/server'
import { type ProjectLook, supervise, type Supervisor } from '@sluice/worker'
import { thisHome } from '../connect/this-home.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { processId } from '../platform.ts'
import { changeLines, firstScreen } from './dev-screen.ts'

export interface DevFlags {
  readonly port: number
  readonly limit?: number
}

/**
 * `sluice dev [files…]`: server, worker and discovery from one command. Changed code is deployed at once; what is wrong with it is
 * shown, and nothing ends. Ctrl-C lets runs finish; the second leaves them.
 */
export async function devCommand(files: readonly string[], flags: DevFlags, io: CliIo): Promise<number> {
  const { project, home } = thisHome(io)
  const server = await startServer({ cwd: io.cwd, port: flags.port, nextFreePort: true, log: silentLog })
  try {
    const token = homeToken(home)
    if (token === undefined) throw new SluiceError('UNAUTHENTICATED', { problem: `${home} has no token` })
    let seen: ProjectLook | undefined
    const onLook = (look: ProjectLook): void => {
      const lines =
        seen === undefined
          ? firstScreen(look, { url: server.url, project, pid: processId() }, io)
          : changeLines(look, seen, io)
      seen = look
      if (lines.length > 0) io.stderr.write(`${lines.join('\n')}\n`)
    }
    const supervisor = await supervise({
      url: server.url,
      token,
      project,
      home,
      onLook,
      worker: flags.limit === undefined ? {} : { limit: flags.limit },
      ...(files.length === 0 ? {} : { files: [...files] }),
    })
    await untilStopped(supervisor, io)
    return exitCodes.ok
  } finally {
    await server.stop()
  }
}

async function untilStopped(supervisor: Supervisor, io: CliIo): Promise<void> {
  await io.onceStopped()
  const running = supervisor.worker?.executing ?? 0
  if (running > 0) io.stderr.write(`${running} runs are finishing; Ctrl-C again leaves them for the next start\n`)
  const again = io.onceStopped().then(() => supervisor.stop({ now: true }))
  await Promise.race([supervisor.stop(), again])
}
