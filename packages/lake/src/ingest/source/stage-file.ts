import { isSluiceError, SluiceError } from '@sluice/core'
import { createHash, type Hash } from 'node:crypto'
import { rename } from 'node:fs/promises'
import type { LoadRequest } from '../load-request.ts'
import type { FileFormat } from './file-format.ts'
import { formatOf } from './file-format.ts'
import { fileBytes, packingOf, peek, unpack } from './open-bytes.ts'
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

/** A file on this machine, as it came. */
export interface GivenFile {
  /** Undefined: it is no file of the user's. */
  readonly label: string | undefined
  readonly path: string
  /** Where its bytes were hashed on the way here. */
  readonly sha256: string | undefined
}

/**
 * Makes a file readable in place: unpacked, text as UTF-8, its records counted, and its contents hashed on the way where somebody asks for it. Throws
 * `LOAD_SOURCE_UNREADABLE` with the file's name when it ends too early or is not what it says.
 */
export async function stageFile(given: GivenFile, staged: string, request: LoadRequest): Promise<SourceFile> {
  const { label, path } = given
  try {
    const isHashed = request.options.once === 'content' && given.sha256 === undefined
    const hash = isHashed ? createHash('sha256') : undefined
    const raw = hashed(fileBytes(path, request.signal), hash)
    const packed = await peek(raw, 4)
    const packing = packingOf(packed.head)
    const { head, complete, all } = await peek(
      packing === undefined ? packed.all : unpack(packed.all, packing),
      headBytes,
    )
    const format = formatOf(request.options.format, label, head)
    const inPlace = packing === undefined ? path : undefined
    const opened = { label, format, head, complete, bytes: all, inPlace, staged }
    const file = await stage(opened, request, hash !== undefined)
    const sha256 = hash?.digest('hex') ?? given.sha256
    return request.options.once === 'content' ? { ...file, identity: `sha256:${sha256}` } : file
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
