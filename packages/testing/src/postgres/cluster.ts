import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Account, endWithParent } from './accounts.ts'
import type { Binaries } from './binaries.ts'
import { makeDirectory } from './directories.ts'
import { linkLibraries } from './link-libraries.ts'

/** A server of our own, on a socket in a directory of its own. */
export interface Cluster {
  readonly socketDirectory: string
  restart(): Promise<void>
  stop(): Promise<void>
}

const always = ['listen_addresses=', 'max_connections=500', 'shared_buffers=64MB']

// What tests write need not survive power loss.
const volatile = ['fsync=off', 'full_page_writes=off']

/** Creates a cluster and starts it. Leaves nothing behind when it cannot. */
export async function startCluster(binaries: Binaries, account: Account, durable = false): Promise<Cluster> {
  const directory = makeDirectory()
  try {
    account.own(directory)
    const launch = launcher(binaries, account, directory)
    await finished(
      launch('initdb', [
        '-U',
        'postgres',
        '-A',
        'trust',
        '-E',
        'UTF8',
        '--no-locale',
        '--no-sync',
        '-D',
        join(directory, 'data'),
      ]),
    )
    return await startServer(directory, launch, durable ? always : [...always, ...volatile])
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

async function startServer(directory: string, launch: Launch, settings: readonly string[]): Promise<Cluster> {
  const args = ['-D', join(directory, 'data'), '-k', directory, ...settings.flatMap((setting) => ['-c', setting])]
  let server = await ready(launch('postgres', args))
  const end = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill(signal)
    await exited
  }
  return {
    socketDirectory: directory,
    restart: async () => {
      // At once, as in a crash: connections break, and the server recovers when it starts.
      await end('SIGQUIT')
      server = await ready(launch('postgres', args))
    },
    stop: async () => {
      await end('SIGINT')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

type Launch = (program: 'initdb' | 'postgres', args: readonly string[]) => ChildProcess

function launcher(binaries: Binaries, account: Account, directory: string): Launch {
  const libraries =
    binaries.packageRoot === undefined
      ? {}
      : { LD_LIBRARY_PATH: linkLibraries(binaries.packageRoot, join(directory, 'lib')) }
  const prefix = [...account.prefix, ...endWithParent()]
  return (program, args) => {
    const [command = '', ...rest] = [...prefix, join(binaries.bin, program), ...args]
    return spawn(command, rest, {
      ...account.ids,
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC', ...libraries },
    })
  }
}

/** Resolves when the server takes connections; rejects with what it said when it ends instead. */
function ready(server: ChildProcess): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const told = listen(server, (text) => {
      if (text.includes('ready to accept connections')) resolve(server)
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`postgres ended: ${lastLines(told())}`)))
  })
}

async function finished(program: ChildProcess): Promise<void> {
  const told = listen(program, () => undefined)
  const [code] = (await once(program, 'close')) as [number | null]
  if (code !== 0) throw new Error(`initdb failed: ${lastLines(told())}`)
}

/** Reads on for ever: a server whose pipe is full would stop. */
function listen(program: ChildProcess, heard: (text: string) => void): () => string {
  let told = ''
  program.stderr?.setEncoding('utf8').on('data', (text: string) => {
    told = `${told}${text}`.slice(-4000)
    heard(told)
  })
  return () => told
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join(' ')
