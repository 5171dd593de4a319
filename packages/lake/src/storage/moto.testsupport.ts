import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'

/** A server of moto: an S3 that others have written. */
export interface MotoServer extends AsyncDisposable {
  readonly endpoint: string
  /** Makes an empty bucket. */
  makeBucket(name: string): Promise<void>
}

/** Python with `moto[server]`: SLUICE_MOTO=<python>. */
export const motoPython: string | undefined = process.env['SLUICE_MOTO'] || undefined

export async function startMoto(python: string): Promise<MotoServer> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const server = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  try {
    await answering(server, endpoint)
  } catch (error) {
    server.kill('SIGKILL')
    throw error
  }
  return {
    endpoint,
    async makeBucket(name) {
      const answer = await fetch(`${endpoint}/${name}`, { method: 'PUT' })
      if (!answer.ok) throw new Error(await answer.text())
    },
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGKILL')
      await gone
    },
  }
}

async function answering(server: ChildProcess, endpoint: string): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`moto ended with ${server.exitCode}: is moto[server] installed?`)
    const answer = await fetch(endpoint).catch(() => undefined)
    if (answer) return
    await new Promise((resolve) => void setTimeout(resolve, 50))
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => void server.close(resolve))
  return port
}
