import { isSluiceError, SluiceError } from '@sluice/core'
import { createHash, type Hash } from 'node:crypto'
import { rename } from 'node:fs/promises'
import type { LoadRequest } from '../load-request.ts'
import type { FileFormat } from './file-format.ts'
import { formatOf } from './file-format.ts'
import { openBytes, packingOf, peek, unpack } from './open-bytes.ts'
import type { Origin } from './origins.ts'
import type { SourceFile } from './source-file.ts'
import { stageAvro } from './stage-avro.ts'
import { stageText } from './stage-text.ts'
import { openStagedWriter } from './staged-writer.ts'

/** A file on its way to the staging directory: unpacked, its format known. */
export interface OpenedFile {
  readonly label: string | undefined
  readonly format: FileFormat
  readonly head: Buffer
  /** Whether `head` is the whole file. */
  readonly complete: boolean
  readonly bytes: AsyncIterable<Uint8Array>
  /** Where it may be read as it is; undefined: it was packed, or comes from elsewhere. */
  readonly inPlace: string | undefined
  /** Where to put it otherwise. */
  readonly staged: string
}

/** Enough to tell a dialect, and little enough to hold. */
const headBytes = 1 << 20

/**
 * Makes a file readable in place: unpacked, text as UTF-8, its records counted and its contents hashed on the way. Throws
 * `LOAD_SOURCE_UNREADABLE` with the file's name when it ends too early or is not what it says.
 */
export async function stageFile(
  origin: Exclude<Origin, { kind: 'rows' | 'staged' | 'sql' }>,
  staged: string,
  request: LoadRequest,
): Promise<SourceFile> {
  const label = origin.kind === 'stream' ? undefined : origin.label
  try {
    const hash = request.options.once === 'content' ? createHash('sha256') : undefined
    const raw = hashed(await openBytes(origin, request.signal), hash)
    const packed = await peek(raw, 4)
    const packing = packingOf(packed.head)
    const { head, complete, all } = await peek(
      packing === undefined ? packed.all : unpack(packed.all, packing),
      headBytes,
    )
    const file = await stage(
      {
        label,
        format: formatOf(request.options.format, label, head),
        head,
        complete,
        bytes: all,
        inPlace: origin.kind === 'path' && packing === undefined ? origin.path : undefined,
        staged,
      },
      request,
      hash !== undefined,
    )
    const identity = hash ? `sha256:${hash.digest('hex')}` : request.options.once === 'path' ? label : undefined
    return { ...file, identity }
  } catch (cause) {
    request.signal.throwIfAborted()
    // What another part says of its own files means this one here.
    if (isSluiceError(cause) && !isSluiceError(cause, 'LAKE_METADATA_INVALID')) throw cause
    throw new SluiceError(
      'LOAD_SOURCE_UNREADABLE',
      { source: label ?? 'stream', problem: (cause as Error).message },
      { cause },
    )
  }
}

function stage(file: OpenedFile, request: LoadRequest, all: boolean): Promise<SourceFile> {
  if (file.format === 'avro') return stageAvro(file, request)
  if (file.format === 'parquet') return stageParquet(file, all)
  return stageText(file, request)
}

async function stageParquet(file: OpenedFile, all: boolean): Promise<SourceFile> {
  const staged: SourceFile = {
    format: 'parquet',
    label: file.label,
    path: file.inPlace ?? file.staged,
    identity: undefined,
  }
  if (file.inPlace !== undefined) {
    // The hash wants all bytes; DuckDB reads the file itself.
    if (all) for await (const _ of file.bytes);
    else for await (const _ of file.bytes) break
    return staged
  }
  await using writer = await openStagedWriter(`${file.staged}.part`)
  for await (const chunk of file.bytes) await writer.write(chunk)
  await writer.end()
  await rename(writer.path, file.staged)
  return staged
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash | undefined): AsyncIterable<Uint8Array> {
  for await (const chunk of bytes) {
    hash?.update(chunk)
    yield chunk
  }
}
