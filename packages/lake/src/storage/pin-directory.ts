import { promises as fs } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { isAbsent, systemCode } from './storage-error.ts'

/** A directory of this process for files that it reads, and that says whose it is. */
export async function newPinDirectory(root: string, id: string): Promise<string> {
  const directory = path.join(root, `${encodeURIComponent(hostname())}~${process.pid}~${id}`)
  await fs.mkdir(directory, { recursive: true })
  return directory
}

/** Removes what processes of this machine that are gone were reading: a killed one gives nothing back. */
export async function removeDeadPins(root: string): Promise<void> {
  const names = await fs.readdir(root).catch((error: unknown) => {
    if (isAbsent(error)) return []
    throw error
  })
  for (const name of names) {
    const [host, pid] = name.split('~')
    if (host !== encodeURIComponent(hostname()) || isAlive(Number(pid))) continue
    await fs.rm(path.join(root, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}
