import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { thisProcess } from './platform.ts'

/** What a server writes into its home while it listens: how the command line finds it. */
export interface ServerFile {
  readonly url: string
  readonly pid: number
  readonly startedAt: string
  /** Only a SQLite store can be the one in the home: the runs of another are asked for at the server. */
  readonly store: 'sqlite' | 'postgres'
}

/** Writes `server.json`, over whatever a server left there that died; returns what removes it again. */
export function writeServerFile(home: string, url: string, store: ServerFile['store']): () => void {
  const file = path.join(home, 'server.json')
  const own: ServerFile = { url, pid: thisProcess.pid, startedAt: thisProcess.isoTime(), store }
  writeFileSync(file, `${JSON.stringify(own)}\n`, { mode: 0o600 })
  return () => {
    // Another server of this home may have started since: its file is its own.
    const found = read(file)
    if (found?.pid === own.pid && found.url === url) rmSync(file, { force: true })
  }
}

function read(file: string): Partial<ServerFile> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<ServerFile>
  } catch {
    return undefined
  }
}
