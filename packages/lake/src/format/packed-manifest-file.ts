import { crc32 } from 'node:zlib'
import type { PackedColumn, PackedManifest } from './packed-manifest.ts'
import type { PackedValues } from './packed-values.ts'

/** Another layout has another mark here: what this code cannot read counts as not there. */
const magic = Buffer.from('SLPACK01')
/** The mark, the checksum of all that follows it, the length of the directory. */
const headerLength = 16
/** Arrays of doubles are read in place, which takes such a place. */
const word = 8

/** What precedes the columns. */
interface Directory {
  readonly count: number
  readonly partition: number
  readonly columns: readonly number[]
  /** In bytes, of each array in the order of {@link arraysOf}. */
  readonly lengths: readonly number[]
}

type Column = Uint8Array | Uint32Array | Float64Array

/** A packed manifest as bytes that are used in place when they are read again. In this machine's byte order: they do not travel. */
export function encodePackedManifest(packed: PackedManifest): Uint8Array {
  const arrays = arraysOf(packed)
  const directory: Directory = {
    count: packed.count,
    partition: packed.partition.length,
    columns: [...packed.columns.keys()],
    lengths: arrays.map(({ byteLength }) => byteLength),
  }
  const text = Buffer.from(JSON.stringify(directory))
  let at = aligned(headerLength + text.length)
  const bytes = Buffer.alloc(arrays.reduce((end, { byteLength }) => end + aligned(byteLength), at))
  magic.copy(bytes)
  bytes.writeUInt32LE(text.length, 12)
  text.copy(bytes, headerLength)
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at)
    at += aligned(byteLength)
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8)
  return bytes
}

/** The reverse, without copying. Undefined for what is cut, damaged, or of another layout. */
export function decodePackedManifest(bytes: Uint8Array): PackedManifest | undefined {
  const placed = bytes.byteOffset % word === 0 ? bytes : new Uint8Array(bytes)
  const file = Buffer.from(placed.buffer, placed.byteOffset, placed.byteLength)
  if (file.length < headerLength || !file.subarray(0, magic.length).equals(magic)) return undefined
  if (file.readUInt32LE(8) !== crc32(file.subarray(12))) return undefined
  const end = headerLength + file.readUInt32LE(12)
  return readArrays(file, JSON.parse(file.toString('utf8', headerLength, end)) as Directory, aligned(end))
}

/** In the order of {@link arraysOf}. */
function readArrays(file: Buffer, directory: Directory, start: number): PackedManifest {
  const lengths = directory.lengths.values()
  let at = start
  const next = <T>(of: new (buffer: ArrayBufferLike, offset: number, length: number) => T, size: number): T => {
    const length = lengths.next().value ?? 0
    const array = new of(file.buffer, file.byteOffset + at, length / size)
    at += aligned(length)
    return array
  }
  const bytes = (): Uint8Array => next(Uint8Array, 1)
  const doubles = (): Float64Array => next(Float64Array, 8)
  const values = (): PackedValues => ({ offsets: next(Uint32Array, 4), bytes: bytes() })
  const column = (): PackedColumn => ({
    values: doubles(),
    nulls: doubles(),
    nans: doubles(),
    lower: values(),
    upper: values(),
  })
  return {
    count: directory.count,
    contents: bytes(),
    sequenceNumbers: doubles(),
    records: doubles(),
    sizes: doubles(),
    paths: values(),
    partition: Array.from({ length: directory.partition }, values),
    columns: new Map(directory.columns.map((id) => [id, column()])),
  }
}

function arraysOf(packed: PackedManifest): readonly Column[] {
  const { contents, sequenceNumbers, records, sizes, paths, partition, columns } = packed
  return [
    contents,
    sequenceNumbers,
    records,
    sizes,
    ...[paths, ...partition].flatMap(ofValues),
    ...[...columns.values()].flatMap(ofColumn),
  ]
}

const ofColumn = ({ values, nulls, nans, lower, upper }: PackedColumn): readonly Column[] => [
  values,
  nulls,
  nans,
  lower.offsets,
  lower.bytes,
  upper.offsets,
  upper.bytes,
]

const ofValues = ({ offsets, bytes }: PackedValues): readonly Column[] => [offsets, bytes]

/** Of what a packed manifest takes in memory, and in a file. */
export function packedSize(packed: PackedManifest): number {
  return arraysOf(packed).reduce((sum, { byteLength }) => sum + byteLength, 0)
}

function aligned(length: number): number {
  return Math.ceil(length / word) * word
}
