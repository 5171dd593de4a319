import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Short: the path of a socket has at most 107 bytes.
const prefix = 'slpg'

/** A directory for one server, named after the process that starts it. */
export function makeDirectory(): string {
  removeAbandoned()
  return mkdtempSync(join(tmpdir(), `${prefix}-${process.pid}-`))
}

/** Takes away what test runs that were killed have left: nobody is there any more to remove it. */
export function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const starter = new RegExp(`^${prefix}-(\\d+)-`).exec(name)?.[1]
    if (starter === undefined || lives(Number(starter))) continue
    const directory = join(tmpdir(), name)
    if (!lives(serverOf(directory))) removeOwn(directory)
  }
}

function removeOwn(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true })
  } catch {
    // Another user's, and theirs to remove.
  }
}

function serverOf(directory: string): number {
  const file = join(directory, 'data', 'postmaster.pid')
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : 0
}

/** Of another user counts as living. */
function lives(pid: number): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
