import { readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'

/** What a server writes into its home while it listens: one file each below `servers/`, so that none hides another. */
export interface ServerFile {
  readonly url: string
  readonly pid: number
  /** Where that process id means something: several machines or containers may share a home. */
  readonly host: string
  readonly startedAt: string
  /** Only a SQLite store can be the one in the home: the runs of another are asked for at the server. */
  readonly store: 'sqlite' | 'postgres'
}

/** A server file that was found, and whether its server still runs. */
export interface FoundServer {
  readonly file: string
  readonly server: ServerFile
  /** Its process is on this machine, and no more: nobody else will tidy up. */
  readonly gone: boolean
}

/** The directory of a home that holds its server files. */
export function serversDir(home: string): string {
  return path.join(home, 'servers')
}

/** What servers have written into a home, the latest start first. Files that say nothing usable are left out. */
export function serverFiles(home: string): readonly FoundServer[] {
  return namesIn(serversDir(home))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => found(path.join(serversDir(home), name)))
    .toSorted((a, b) => compare(b.server.startedAt, a.server.startedAt))
}

/** The server that listens on this home now, of several the one that started last; undefined when each that was has died. */
export function runningServer(home: string): ServerFile | undefined {
  return serverFiles(home).find(({ gone, server }) => !gone && server.host === hostname())?.server
}

function found(file: string): readonly FoundServer[] {
  try {
    const server = JSON.parse(readFileSync(file, 'utf8')) as ServerFile
    const usable = typeof server.url === 'string' && typeof server.startedAt === 'string'
    return usable ? [{ file, server, gone: server.host === hostname() && !isAlive(server.pid) }] : []
  } catch {
    return []
  }
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
