import { SluiceError } from '@sluice/core'
import { glob, stat } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { FilesSource, SqlSource } from './lazy-source.ts'
import type { RawPart } from '../../raw/raw-part.ts'
import type { SourceFile } from './source-file.ts'

/** Where the bytes or rows of a source come from. */
export type Origin =
  /** Without a label: it is no file of the user's. */
  | { readonly kind: 'path'; readonly label: string | undefined; readonly path: string }
  | { readonly kind: 'url'; readonly label: string; readonly url: URL }
  | { readonly kind: 'stream'; readonly stream: ReadableStream<Uint8Array> }
  /** What another load's source gave. */
  | { readonly kind: 'part'; readonly label: string | undefined; readonly part: RawPart; readonly path: string }
  /** Files that are there already, read by nobody else. */
  | { readonly kind: 'staged'; readonly label: string; readonly files: readonly SourceFile[] }
  | { readonly kind: 'sql'; readonly source: SqlSource }
  | { readonly kind: 'rows'; readonly rows: Iterable<unknown> | AsyncIterable<unknown> }

/** A query's result, in a Parquet file that its load is the only one to know. */
export class StagedResult {
  readonly path: string

  constructor(file: string) {
    this.path = file
  }
}

/** What another load's source gave, where this process can read it. */
export class StagedParts {
  readonly parts: readonly { readonly part: RawPart; readonly path: string }[]

  constructor(parts: StagedParts['parts']) {
    this.parts = parts
  }
}

/** Files that were made ready for one load. */
export class StagedFiles {
  readonly label: string
  readonly files: readonly SourceFile[]

  constructor(label: string, files: readonly SourceFile[]) {
    this.label = label
    this.files = files
  }
}

/** What a source is, globs resolved, in a stable order. Throws `LOAD_SOURCE_INVALID`, `LOAD_SOURCE_NOT_FOUND`. */
export async function originsOf(source: unknown): Promise<readonly Origin[]> {
  if (typeof source === 'string' || source instanceof URL) return filesOf(source)
  if (source instanceof FilesSource) return localFiles(source.pattern, source.pattern, [])
  if (source instanceof SqlSource) return [{ kind: 'sql', source }]
  if (source instanceof StagedResult) return [{ kind: 'path', label: undefined, path: source.path }]
  if (source instanceof StagedParts)
    return source.parts.map(({ part, path: place }) => ({ kind: 'part', label: part.source, part, path: place }))
  if (source instanceof StagedFiles) return [{ kind: 'staged', label: source.label, files: source.files }]
  if (source instanceof ReadableStream) return [{ kind: 'stream', stream: source as ReadableStream<Uint8Array> }]
  if (Array.isArray(source) && source.length > 0 && source.every(isPlace))
    return (await Promise.all(source.map(filesOf))).flat()
  if (isRows(source)) return [{ kind: 'rows', rows: source }]
  throw new SluiceError('LOAD_SOURCE_INVALID', {
    problem: `it is ${source === null || source === undefined ? String(source) : `a ${typeof source}`}, not a path, a URL, a stream or rows`,
  })
}

/** What the ledger says of a source: no credentials, no signatures, not too long. */
export function sourceText(origins: readonly Origin[]): string {
  const names = origins.map((origin) => ('label' in origin ? (origin.label ?? 'query') : origin.kind))
  const [first = 'rows'] = names
  if (names.length <= 3) return names.join(', ') || 'nothing'
  return `${first} and ${names.length - 1} more`
}

function isPlace(item: unknown): item is string | URL {
  return typeof item === 'string' || item instanceof URL
}

function isRows(source: unknown): source is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof source === 'object' && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source)
}

async function filesOf(place: string | URL): Promise<readonly Origin[]> {
  const text = String(place)
  const scheme = /^(?<name>[a-z][a-z0-9+.-]+):\/\//i.exec(text)?.groups?.['name']?.toLowerCase()
  if (scheme === 'http' || scheme === 'https') {
    const url = new URL(text)
    return [{ kind: 'url', label: `${url.origin}${url.pathname}`, url }]
  }
  if (scheme === 'file') return localFiles(fileURLToPath(text), text)
  if (scheme !== undefined)
    throw new SluiceError('LOAD_SOURCE_INVALID', { problem: `'${scheme}:' addresses cannot be read` })
  return localFiles(text, text)
}

async function localFiles(name: string, label: string, none?: readonly Origin[]): Promise<readonly Origin[]> {
  const found = await stat(name).catch(() => undefined)
  if (found?.isFile()) return [{ kind: 'path', label, path: path.resolve(name) }]
  if (found?.isDirectory())
    throw new SluiceError('LOAD_SOURCE_INVALID', {
      source: label,
      problem: 'it is a directory; name its files: …/*.csv',
    })
  const names = /[*?[{]/.test(name) ? await matches(name) : []
  if (names.length === 0 && none) return none
  if (names.length === 0) throw new SluiceError('LOAD_SOURCE_NOT_FOUND', { source: label })
  // Not every match of a glob is a file.
  const kinds = await Promise.all(names.map(async (match) => (await stat(match)).isFile()))
  const files = names.filter((_, i) => kinds[i]).toSorted()
  return files.map((match) => ({ kind: 'path', label: match, path: path.resolve(match) }))
}

async function matches(pattern: string): Promise<readonly string[]> {
  const names: string[] = []
  for await (const name of glob(pattern)) names.push(name)
  return names
}
