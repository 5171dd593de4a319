import type { RunningServer } from './start-server.ts'

/**
 * Resolves when the server has stopped, because this process was asked to end (SIGTERM, SIGINT) or for any other reason. A second signal
 * ends the process at once, as signals do.
 */
export async function untilSignalled(server: RunningServer): Promise<NodeJS.Signals> {
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    const heard = (name: NodeJS.Signals): void => {
      process.off('SIGTERM', heard)
      process.off('SIGINT', heard)
      resolve(name)
    }
    process.once('SIGTERM', heard)
    process.once('SIGINT', heard)
  })
  await server.stop()
  return signal
}
