import { type BigIntStats, statSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import { scanImports } from './scan-imports.ts'

/** One file of a closure, as it was when it was read. */
export interface ClosureFile {
  /** Absolute. */
  readonly path: string
  readonly content: Buffer
  /** Changes when the file does. */
  readonly stamp: string
}

/** What may be meant where CommonJS leaves an extension out. */
const endings = ['', '.ts', '.js', '.cjs', '.mjs', '.json', '/index.ts', '/index.js', '/index.cjs']
const code = /\.[cm]?[jt]s$/

/**
 * A file and all local files that it imports, directly or not, sorted by path. A path that leads nowhere is left out: importing
 * tells about it better. Packages are not followed: they are the installation's, not the flow's.
 */
export async function importClosure(entry: string): Promise<readonly ClosureFile[]> {
  const found = new Map<string, ClosureFile>()
  const visit = async (file: string): Promise<void> => {
    const read = await readStamped(file)
    if (!read || found.has(read.path)) return
    found.set(read.path, read)
    if (!code.test(read.path)) return
    const directory = path.dirname(read.path)
    await Promise.all(
      scanImports(read.content.toString('utf8')).map(async (specifier) => {
        const target = existing(path.resolve(directory, decodeURI(withoutQuery(specifier))))
        if (target !== undefined && !found.has(target)) await visit(target)
      }),
    )
  }
  await visit(path.resolve(entry))
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** `mtime`, size and inode: what tells that a file is still the one that was read. */
export function fileStamp(file: string): string | undefined {
  const found = statIfThere(file)
  return found?.isFile() === true ? `${found.mtimeNs}:${found.size}:${found.ino}` : undefined
}

function statIfThere(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

async function readStamped(file: string): Promise<ClosureFile | undefined> {
  // The stamp before the content: a change between the two is seen the next time.
  const stamp = fileStamp(file)
  if (stamp === undefined) return undefined
  return { path: await realpath(file), content: await readFile(file), stamp }
}

function existing(base: string): string | undefined {
  for (const ending of endings) {
    const candidate = base + ending
    if (fileStamp(candidate) !== undefined) return candidate
  }
  return undefined
}

function withoutQuery(specifier: string): string {
  return specifier.replace(/[?#].*$/, '')
}
