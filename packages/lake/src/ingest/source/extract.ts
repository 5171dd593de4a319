import { SluiceError } from '@sluice/core'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { mediaTypeOf } from '../../fileset/media-type.ts'
import { isSpent, rawModeOf, type SaidModes } from '../../raw/raw-mode.ts'
import type { PackageEntry } from '../../raw/raw-package.ts'
import type { LoadRequest } from '../load-request.ts'
import { type OpenedBytes, openFile, openUrl, type UnreadOrigin } from './open-bytes.ts'
import type { Origin } from './origins.ts'
import { addressOfUrl } from './source-address.ts'
import { stageRows } from './stage-rows.ts'
import { stageSql } from './stage-sql.ts'
import { openStagedWriter } from './staged-writer.ts'

/** One file of a source on this machine, as it came; or its rows, as lines of JSON. */
export interface Extracted extends PackageEntry {
  readonly path: string
}

/**
 * Fetches what is to be kept, or cannot be asked for twice, into the directory of the load, hashed on the way. Files are left where they are. Undefined: it
 * is ready as it is.
 */
export async function extract(
  origin: Exclude<Origin, { kind: 'staged' }>,
  n: number,
  directory: string,
  request: LoadRequest,
): Promise<Extracted> {
  const mode = rawModeOf(origin, saidModes(request))
  if (origin.kind === 'part') return { part: { ...origin.part, n }, mode, sealed: false, path: origin.path }
  if (origin.kind === 'path' && mode !== 'copy')
    return { part: await fileFacts(origin, n, request), mode, sealed: false, path: origin.path }
  const target = path.join(directory, `${n}.raw`)
  // Hashes are for what is put away: where nothing is, nobody asks for them.
  const sealed = request.raw !== undefined && (mode === 'copy' || isSpent(origin))
  return { part: await fetched(origin, n, target, { request, hash: sealed }), mode, sealed, path: target }
}

export function saidModes({ options, declared }: LoadRequest): SaidModes {
  return { load: options.raw, table: declared?.raw }
}

interface Fetching {
  readonly request: LoadRequest
  readonly hash: boolean
}

async function fetched(
  origin: Exclude<Origin, { kind: 'staged' | 'part' }>,
  n: number,
  target: string,
  { request, hash }: Fetching,
): Promise<PackageEntry['part']> {
  const { signal, now: receivedAt, cursor } = request
  if (origin.kind === 'rows' || origin.kind === 'sql') {
    const { sha256, size, rows } =
      origin.kind === 'rows'
        ? await stageRows(origin.rows, target, { hash, signal })
        : await stageSql(origin.source, cursor, target, { hash, signal })
    return { n, size, ...(sha256 !== undefined && { sha256 }), receivedAt, mediaType: 'application/x-ndjson', rows }
  }
  const facts = origin.kind === 'path' ? await fileFacts(origin, n, request) : { n, receivedAt, ...placeOf(origin) }
  const { sha256, size, mediaType } = await fetchBytes(origin, target, { request, hash })
  return { ...facts, size, ...(sha256 !== undefined && { sha256 }), ...(mediaType !== undefined && { mediaType }) }
}

async function fetchBytes(
  origin: UnreadOrigin,
  target: string,
  { request: { signal }, hash }: Fetching,
): Promise<{ readonly sha256: string | undefined; readonly size: number; readonly mediaType: string | undefined }> {
  try {
    const { bytes, mediaType } = await open(origin, signal)
    await using writer = await openStagedWriter(target, { hash })
    for await (const chunk of bytes) await writer.write(chunk)
    await writer.end()
    return { sha256: writer.digest(), size: writer.size, mediaType }
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof SluiceError) throw cause
    const source = 'label' in origin ? (origin.label ?? 'query') : 'stream'
    throw new SluiceError('LOAD_SOURCE_UNREADABLE', { source, problem: (cause as Error).message }, { cause })
  }
}

function open(origin: UnreadOrigin, signal: AbortSignal): Promise<OpenedBytes> | OpenedBytes {
  return origin.kind === 'url' ? openUrl(origin, signal) : openFile(origin, signal)
}

async function fileFacts(
  { label, path: place }: Extract<Origin, { kind: 'path' }>,
  n: number,
  { now: receivedAt }: LoadRequest,
): Promise<PackageEntry['part']> {
  const { size, mtimeMs } = await stat(place)
  const said = label !== undefined && { source: label, mediaType: mediaTypeOf(label, noBytes) }
  return { n, address: place, size, modifiedAt: mtimeMs, receivedAt, ...said }
}

const noBytes = new Uint8Array()

function placeOf(origin: UnreadOrigin): Pick<PackageEntry['part'], 'source' | 'address'> {
  return origin.kind === 'url' ? { source: origin.label, address: addressOfUrl(origin.url) } : {}
}
