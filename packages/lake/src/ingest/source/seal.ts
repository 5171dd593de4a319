import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SqlSource } from './lazy-source.ts'
import type { SourceFile } from './source-file.ts'

/** What a seal says of its files, written when all of them are there. */
interface Package {
  readonly files: readonly { readonly file: unknown; readonly sha256: string }[]
}

/**
 * Whether a source is kept until its rows are committed: one that is spent when it was read, or that may answer otherwise when it is asked again.
 * Files and arrays are there still.
 */
export function isSealed(source: unknown): boolean {
  if (source instanceof URL || typeof source === 'string') return isUrl(source)
  if (Array.isArray(source)) return source.some(isUrl)
  if (source instanceof SqlSource || source instanceof ReadableStream) return true
  return typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || 'next' in source)
}

function isUrl(source: unknown): boolean {
  return /^https?:/i.test(source instanceof URL ? source.href : typeof source === 'string' ? source : '')
}

/**
 * Reads a source once: what it gave is put aside as a package, with the hashes of its files, and later plans and resumes of the load
 * take it from there. A package that is not whole, or was changed, is read anew.
 */
export async function sealed(
  directory: string,
  now: number,
  extract: (directory: string) => Promise<readonly SourceFile[]>,
): Promise<readonly SourceFile[]> {
  const known = await openPackage(directory)
  if (known !== undefined) return known
  await sweep(path.dirname(directory), now)
  await mkdir(path.dirname(directory), { recursive: true })
  const part = await mkdtemp(`${directory}.part-`)
  const files = await extract(part).catch(async (cause: unknown) => {
    await rm(part, { recursive: true, force: true })
    throw cause
  })
  const moved = files.map((file): SourceFile => ({ ...file, path: movedPath(file.path, part, directory) }))
  const listed = await Promise.all(
    files.map(async (file, i) => ({ file: toJson(moved[i] ?? file), sha256: await hashOf(file.path) })),
  )
  await writeFile(path.join(part, manifest), JSON.stringify({ files: listed } satisfies Package))
  return (await takesPlace(part, directory)) ? moved : files
}

/** False: another load with this id, under way at the same time, has put its package there, and may be reading it. Each then has its own. */
async function takesPlace(part: string, directory: string): Promise<boolean> {
  for (;;)
    try {
      await rename(part, directory)
      return true
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw cause
      if ((await openPackage(directory)) !== undefined) return false
      await rm(directory, { recursive: true, force: true })
    }
}

const manifest = 'package.json'

function movedPath(file: string, from: string, to: string): string {
  const inside = path.relative(from, file)
  return inside.startsWith('..') ? file : path.join(to, inside)
}

async function openPackage(directory: string): Promise<readonly SourceFile[] | undefined> {
  const text = await readFile(path.join(directory, manifest), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { files } = JSON.parse(text) as Package
  const found = files.map(({ file, sha256 }) => ({ file: fromJson(file), sha256 }))
  for (const { file, sha256 } of found)
    if ((await hashOf(file.path).catch(() => undefined)) !== sha256) return undefined
  return found.map(({ file }) => file)
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

/** Maps are lists of their entries in JSON. */
function toJson(file: SourceFile): unknown {
  return Object.fromEntries(
    Object.entries(file).map(([name, value]: [string, unknown]) => [name, value instanceof Map ? [...value] : value]),
  )
}

function fromJson(value: unknown): SourceFile {
  const file = value as Readonly<Record<string, unknown>>
  const maps = ['kinds', 'types'].flatMap((name) => (file[name] ? [[name, new Map(file[name] as never)]] : []))
  return { ...file, ...Object.fromEntries(maps) } as SourceFile
}

const keptMs = 7 * 86_400_000

/** Packages of loads that nobody has come back for. */
async function sweep(directory: string, now: number): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const found = await stat(path.join(directory, name)).catch(() => undefined)
    if (found && now - found.mtimeMs > keptMs) await rm(path.join(directory, name), { recursive: true, force: true })
  }
}
