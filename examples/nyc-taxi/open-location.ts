import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Color, generateMonth } from './generated-trips.ts'

/** An answer that asking again will not change: the file is not there, or not for us. */
export class NoSuchFile extends Error {
  override readonly name = 'NoSuchFile'
}

/** The bytes at a location (see `locate`), and whether they are gzip. */
export interface OpenLocation {
  readonly bytes: Readable
  readonly gzip: boolean
  /** When it is known beforehand. */
  readonly size?: number
}

export async function openLocation(location: string, signal: AbortSignal): Promise<OpenLocation> {
  if (location.startsWith('generated:')) return { bytes: generated(location), gzip: false }
  if (/^https?:\/\//.test(location)) return await openUrl(location, signal)
  return { bytes: createReadStream(location, { signal }), gzip: location.endsWith('.gz') }
}

/** The CSV text at a location, unpacked. */
export async function openCsv(location: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const { bytes, gzip } = await openLocation(location, signal)
  return gzip ? unpacked(bytes) : bytes
}

function unpacked(bytes: Readable): Readable {
  const gunzip = createGunzip()
  bytes.on('error', (error) => gunzip.destroy(error))
  gunzip.on('close', () => bytes.destroy())
  return bytes.pipe(gunzip)
}

async function openUrl(url: string, signal: AbortSignal): Promise<OpenLocation> {
  const response = await fetch(url, { signal })
  if (response.status === 404 || response.status === 403) throw new NoSuchFile(`HTTP ${response.status} for ${url}`)
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status} for ${url}`)
  const size = Number(response.headers.get('content-length') ?? Number.NaN)
  const bytes = Readable.fromWeb(response.body)
  return { bytes, gzip: new URL(url).pathname.endsWith('.gz'), ...(Number.isNaN(size) ? {} : { size }) }
}

function generated(location: string): Readable {
  const { pathname, searchParams } = new URL(location)
  const match = /^(yellow|green)\/(\d{4})-(\d{2})$/.exec(pathname)
  if (match === null) throw new NoSuchFile(`${location} is not of the form generated:yellow/2020-04?rows=100000`)
  const [, color, year, month] = match
  const rows = Number(searchParams.get('rows') ?? 100_000)
  return Readable.from(
    bytesOf(generateMonth({ color: color as Color, year: Number(year), month: Number(month), rows })),
  )
}

function* bytesOf(pieces: Iterable<string>): Generator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece)
}
