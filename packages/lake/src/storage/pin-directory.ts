import { promises as fs } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { isAbsent, systemCode } from './storage-error.ts'

/** A name that says which process of which machine it belongs to. */
export const ownName = (id: string): string => `${encodeURIComponent(hostname())}~${process.pid}~${id}`

/** A directory of this process for files that it reads. */
export async function newPinDirectory(root: string, id: string): Promise<string> {
  const directory = path.join(root, ownName(id))
  await fs.mkdir(directory, { recursive: true })
  return directory
}

/** Removes what processes of this machine that are gone have left: a killed one takes nothing with it. */
export async function removeOfDead(root: string): Promise<void> {
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
