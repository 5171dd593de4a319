import { type PathLike, promises as fs } from 'node:fs'
import path from 'node:path'
import { systemCode } from './storage-error.ts'

/** Puts the bytes of a file, or the names in a directory, on the disk. */
export async function sync(file: PathLike): Promise<void> {
  const handle = await fs.open(file, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Some file systems cannot sync a directory; there its names are as durable as it makes them.
    if (!['EINVAL', 'EBADF', 'EISDIR'].includes(systemCode(error))) throw error
  } finally {
    await handle.close()
  }
}

/** Writes a new file and puts it on the disk. */
export async function writeSynced(file: string, body: Uint8Array | string): Promise<void> {
  const handle = await fs.open(file, 'wx')
  try {
    await handle.writeFile(body)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes a directory and those above it that are missing. A new directory is only there for good once its parent is on the disk. */
export async function makeDirectory(directory: string): Promise<void> {
  const first = await fs.mkdir(directory, { recursive: true })
  if (first === undefined) return
  for (let made = path.resolve(directory); ; made = path.dirname(made)) {
    await sync(path.dirname(made))
    if (made === path.resolve(first)) return
  }
}
