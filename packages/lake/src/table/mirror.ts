import { promises as fs } from 'node:fs'
import path from 'node:path'
import { decodePackedManifest, encodePackedManifest } from '../format/packed-manifest-file.ts'
import type { PackedManifest } from '../format/packed-manifest.ts'
import { platform } from '../platform.ts'

/**
 * Packed manifests in files of this machine, for the next process. Only a cache: each file stands for one manifest, which
 * never changes, and may be deleted at any time; one that cannot be read or written is no error.
 */
export interface Mirror {
  read(name: string): Promise<PackedManifest | undefined>
  write(name: string, packed: PackedManifest): Promise<void>
}

export interface MirrorOptions {
  /** Most bytes in its directory. */
  readonly most?: number
}

const suffix = '.mirror'
/** After so long whoever wrote it is gone. */
const abandonedAfter = 3_600_000

export function mirrorIn(directory: string, { most = 512 * 1024 * 1024 }: MirrorOptions = {}): Mirror {
  const fileOf = (name: string): string => path.join(directory, `${name}${suffix}`)
  // Of what is there nothing is known before the first look, which is after the first write.
  let size = most
  return {
    async read(name) {
      const bytes = await fs.readFile(fileOf(name)).catch(() => undefined)
      if (bytes === undefined) return undefined
      const now = platform.now() / 1000
      await fs.utimes(fileOf(name), now, now).catch(() => undefined)
      return decodePackedManifest(bytes)
    },
    async write(name, packed) {
      const bytes = encodePackedManifest(packed)
      if (bytes.length > most) return
      const written = path.join(directory, platform.newId())
      try {
        await fs.mkdir(directory, { recursive: true })
        await fs.writeFile(written, bytes)
        await fs.rename(written, fileOf(name))
        size += bytes.length
        if (size > most) size = await sweep(directory, most)
      } catch {
        // A full disk, a lake that may only be read: the manifest itself is read the next time.
        await fs.rm(written, { force: true }).catch(() => undefined)
      }
    },
  }
}

/** Deletes what was used longest ago until a quarter is free. Returns the bytes that are left. */
async function sweep(directory: string, most: number): Promise<number> {
  const names = await fs.readdir(directory)
  const found = await Promise.all(names.map(async (name) => statOf(path.join(directory, name))))
  const files = found.filter((file) => file !== undefined).toSorted((a, b) => a.usedAt - b.usedAt)
  let size = files.reduce((sum, file) => sum + file.size, 0)
  const wanted = size > most ? (most * 3) / 4 : most
  for (const file of files) {
    const isAbandoned = !file.path.endsWith(suffix) && file.usedAt < platform.now() - abandonedAfter
    if (!isAbandoned && size <= wanted) continue
    await fs.rm(file.path, { force: true })
    size -= file.size
  }
  return size
}

async function statOf(file: string): Promise<{ path: string; size: number; usedAt: number } | undefined> {
  const stat = await fs.stat(file).catch(() => undefined)
  return stat && { path: file, size: stat.size, usedAt: stat.mtimeMs }
}
