import { SluiceError } from '@sluice/core'
import path from 'node:path'
import { isSpentRows } from '../../raw/raw-mode.ts'
import { ledgerParts } from '../../raw/raw-package.ts'
import type { RawPart } from '../../raw/raw-part.ts'
import type { Extraction } from '../../raw/raw-zone.ts'
import type { LoadRequest } from '../load-request.ts'
import { type Extracted, extract, saidModes } from './extract.ts'
import { SqlSource } from './lazy-source.ts'
import { type Origin, originsOf, sourceText, StagedFiles, StagedParts, StagedResult } from './origins.ts'
import { addressOfUrl } from './source-address.ts'
import type { JsonFile, SourceFile } from './source-file.ts'
import { stageFile } from './stage-file.ts'

/** A source, ready to be read in place. */
export interface StagedSource {
  /** What the ledger says of it, safe to print. */
  readonly text: string
  readonly files: readonly SourceFile[]
  /** What is known of its bytes afterwards, and where they are kept. */
  readonly raw: readonly RawPart[]
}

/**
 * All files of a source, ready to be read in place; by `once`, those that the table does not have yet. What cannot be asked for twice is put away before it is
 * looked at: a load that comes back goes on from there, and asks nobody.
 */
export async function stageSource(source: unknown, directory: string, request: LoadRequest): Promise<StagedSource> {
  const kept = await openKept(source, directory, request)
  const extraction = kept ?? (await extractAll(source, directory, request))
  if (extraction instanceof Ready) return { text: extraction.text, files: extraction.files, raw: [] }
  // What was kept may have been taken by another load meanwhile.
  const items = kept ? await takeNewPaths(kept.items, request) : extraction.items
  const files: SourceFile[] = []
  for (const item of items) {
    request.signal.throwIfAborted()
    files.push(await stageExtracted(item, path.join(directory, String(item.part.n)), request))
  }
  const taken = await takeNewContents(files, request)
  const numbers = new Set(taken.map(({ part }) => part))
  const raw = ledgerParts(items.filter(({ part }) => numbers.has(part.n)))
  return { text: extraction.text, files: taken, raw }
}

/** Files that were made ready for the load by whoever asks for it. */
class Ready {
  readonly text: string
  readonly files: readonly SourceFile[]

  constructor(text: string, files: readonly SourceFile[]) {
    this.text = text
    this.files = files
  }
}

async function extractAll(source: unknown, directory: string, request: LoadRequest): Promise<Extraction | Ready> {
  const origins = await originsOf(source)
  const text = sourceText(origins)
  const ready = origins.flatMap((origin) => (origin.kind === 'staged' ? origin.files : []))
  if (ready.length > 0) return new Ready(text, ready)
  const items: Extracted[] = []
  for (const [n, origin] of (await newOrigins(origins, request)).entries()) {
    request.signal.throwIfAborted()
    if (origin.kind !== 'staged') items.push(await extract(origin, n, directory, request))
  }
  const extraction = { text, items }
  return request.raw && items.some(({ sealed }) => sealed) ? request.raw.seal(extraction) : extraction
}

async function stageExtracted(
  { part, path: place }: Extracted,
  staged: string,
  request: LoadRequest,
): Promise<SourceFile> {
  const { n, source: label, sha256, rows } = part
  const byPath = request.options.once === 'path' ? { identity: part.address } : {}
  if (rows === undefined)
    return { ...(await stageFile({ label, path: place, sha256 }, staged, request)), ...byPath, part: n }
  const { records, kinds } = rows
  const file: JsonFile = { format: 'ndjson', label, path: place, identity: undefined, records, suspect: undefined }
  return { ...file, kinds: new Map(kinds), part: n }
}

/** What the load has put away before. Files that it refers to must be what the source names: the package itself is not trusted with paths. */
async function openKept(source: unknown, directory: string, request: LoadRequest): Promise<Extraction | undefined> {
  const kept = mayBeKept(source, request) ? await request.raw?.open(directory) : undefined
  const paths = kept?.items.filter(({ sealed }) => !sealed).map(({ path: place }) => place) ?? []
  if (paths.length === 0) return kept
  const named = new Set((await originsOf(source)).map((origin) => (origin.kind === 'path' ? origin.path : undefined)))
  return paths.every((place) => named.has(place)) ? kept : undefined
}

/** Whether the load may have put something away when it was under way before: looking costs a question to the storage. */
function mayBeKept(source: unknown, request: LoadRequest): boolean {
  const { load, table } = saidModes(request)
  if (source instanceof StagedFiles || source instanceof StagedResult || source instanceof StagedParts) return false
  return (load ?? table) === 'copy' || isSpentSource(source)
}

function isSpentSource(source: unknown): boolean {
  if (source instanceof URL || typeof source === 'string') return /^https?:/i.test(String(source))
  if (Array.isArray(source))
    return source.some((item) => (typeof item === 'string' || item instanceof URL) && isSpentSource(item))
  if (source instanceof SqlSource || source instanceof ReadableStream) return true
  return typeof source === 'object' && source !== null && isSpentRows(source)
}

/** By path: without reading any of them. */
async function newOrigins(origins: readonly Origin[], request: LoadRequest): Promise<readonly Origin[]> {
  if (request.options.once !== 'path') return origins
  return takeNew(
    origins,
    (origin) => {
      if (origin.kind === 'url') return addressOfUrl(origin.url)
      return origin.kind === 'path' && origin.label !== undefined ? origin.path : undefined
    },
    request,
  )
}

async function takeNewPaths(items: readonly Extracted[], request: LoadRequest): Promise<readonly Extracted[]> {
  return request.options.once === 'path' ? takeNew(items, ({ part }) => part.address, request) : items
}

async function takeNewContents(files: readonly SourceFile[], request: LoadRequest): Promise<readonly SourceFile[]> {
  return request.options.once === 'content' ? takeNew(files, ({ identity }) => identity, request) : files
}

/** Leaves out what the table has already, and what the source has twice. */
async function takeNew<Item>(
  items: readonly Item[],
  identityOf: (item: Item) => string | undefined,
  { options: { once = 'path' }, loaded }: LoadRequest,
): Promise<readonly Item[]> {
  const identities = items.map((item) => {
    const identity = identityOf(item)
    if (identity !== undefined) return identity
    throw new SluiceError('LOAD_SOURCE_INVALID', { problem: `once: '${once}' is for files, not for rows or streams` })
  })
  const seen = new Set(await loaded?.(identities))
  return items.filter((_, i) => {
    const identity = identities[i] ?? ''
    return !seen.has(identity) && seen.add(identity)
  })
}
