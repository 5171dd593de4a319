import { type Dirent, promises as fs } from 'node:fs'
import path from 'node:path'
import type { StoredFile } from './lake-storage.ts'
import { isAbsent } from './storage-error.ts'
import { stagingName } from './storage-key.ts'

/** Files below a directory whose key begins with a prefix, in the order of their keys, as a bucket lists them. */
export async function* listFiles(root: string, prefix: string): AsyncGenerator<StoredFile> {
  const directory = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  yield* walk(root, directory, prefix)
}

async function* walk(root: string, directory: string, prefix: string): AsyncGenerator<StoredFile> {
  for (const name of await namesIn(path.join(root, directory))) {
    const key = directory + name
    if (name.endsWith('/')) {
      if (directory === '' && name === `${stagingName}/`) continue
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(root, key, prefix)
    } else if (key.startsWith(prefix)) {
      const file = await fileAt(root, key)
      if (file !== undefined) yield file
    }
  }
}

/** Directories end with a slash: so they sort as the keys of their files do. */
async function namesIn(directory: string): Promise<readonly string[]> {
  const entries = await orNothing(fs.readdir(directory, { withFileTypes: true }))
  return (entries ?? [])
    .filter((entry: Dirent) => entry.isFile() || entry.isDirectory())
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
}

/** What `head` answers: undefined for what is no file, or has gone meanwhile. */
export async function fileAt(root: string, key: string): Promise<StoredFile | undefined> {
  const found = await orNothing(fs.stat(path.join(root, key)))
  return found?.isFile() === true ? { key, size: found.size, modifiedAt: found.mtimeMs } : undefined
}

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (isAbsent(error)) return undefined
    throw error
  })
}
