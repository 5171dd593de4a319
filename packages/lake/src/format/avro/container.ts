import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync, zstdDecompressSync } from 'node:zlib'
import { metadataInvalid } from '../metadata-invalid.ts'
import type { AvroSchema } from './avro-schema.ts'
import { parseAvroSchema } from './parse-avro-schema.ts'
import { ByteSink } from './byte-sink.ts'
import { ByteSource } from './byte-source.ts'
import { type ValueReader, valueReader } from './value-reader.ts'
import { valueWriter } from './value-writer.ts'

const magic = Uint8Array.of(0x4f, 0x62, 0x6a, 1)
const markLength = 16
const recordsPerBlock = 4_096
/** Of one block, unpacked: what a manifest of a sane writer never reaches, and what memory can bear. */
const maxOutputLength = 512 * 1024 * 1024

export interface AvroContainer {
  readonly schema: AvroSchema
  /** The header's other entries, as text. */
  readonly metadata: ReadonlyMap<string, string>
  /** In the form of the writer's schema: see {@link valueReader}. */
  readonly records: readonly unknown[]
}

/**
 * An Avro object container file, deflated where that makes it smaller. Equal content gives equal bytes. Deflate keeps what it cannot
 * shrink as it is, in a kind of block that readers fail at (hyparquet-compressors 1.1, which icebird has).
 */
export function writeContainer(
  schema: AvroSchema,
  metadata: ReadonlyMap<string, string>,
  records: readonly unknown[],
): Uint8Array {
  const blocks = blocksOf(schema, records)
  const packed = blocks.map(({ count, bytes }) => ({ count, bytes: deflateRawSync(bytes) }))
  const shrinks = packed.every(({ bytes }, i) => bytes.length < (blocks[i]?.bytes.length ?? 0))
  const text = JSON.stringify(schema)
  const entries = [...metadata, ['avro.schema', text], ['avro.codec', shrinks ? 'deflate' : 'null']] as const
  const sink = new ByteSink()
  sink.raw(magic)
  sink.long(entries.length)
  for (const [key, value] of entries) {
    sink.string(key)
    sink.string(value)
  }
  sink.long(0)
  const mark = createHash('sha256').update(sink.taken()).digest().subarray(0, markLength)
  sink.raw(mark)
  for (const { count, bytes } of shrinks ? packed : blocks) {
    sink.long(count)
    sink.bytes(bytes)
    sink.raw(mark)
  }
  return sink.taken()
}

interface Block {
  readonly count: number
  readonly bytes: Uint8Array
}

function blocksOf(schema: AvroSchema, records: readonly unknown[]): readonly Block[] {
  const write = valueWriter(schema)
  const starts = Array.from({ length: Math.ceil(records.length / recordsPerBlock) }, (_, i) => i * recordsPerBlock)
  return starts.map((start) => {
    const block = records.slice(start, start + recordsPerBlock)
    const body = new ByteSink()
    for (const record of block) write(body, record)
    return { count: block.length, bytes: body.taken() }
  })
}

/**
 * Reads a whole container file of any writer.
 *
 * @throws SluiceError `LAKE_METADATA_INVALID` for what is no such file, is cut or damaged, or is packed in an unknown way.
 */
export function readContainer(bytes: Uint8Array): AvroContainer {
  const source = new ByteSource(bytes)
  if (source.remaining < magic.length || !sameBytes(source.raw(magic.length), magic)) {
    throw metadataInvalid('it is no Avro file')
  }
  const header = valueReader({ type: 'map', values: 'bytes' })(source) as ReadonlyMap<string, Uint8Array>
  const metadata = new Map([...header].map(([key, value]) => [key, Buffer.from(value).toString('utf8')]))
  const schema = parseAvroSchema(metadata.get('avro.schema'))
  const unpack = unpacker(metadata.get('avro.codec') ?? 'null')
  const mark = source.raw(markLength)
  const read = valueReader(schema)
  const records: unknown[] = []
  while (source.remaining > 0) {
    const count = source.count()
    const block = new ByteSource(unpack(source.bytes()))
    if (count > block.remaining) throw metadataInvalid('an Avro block has more records than bytes')
    for (let index = 0; index < count; index += 1) records.push(readRecord(read, block))
    if (block.remaining > 0) throw metadataInvalid('an Avro block is longer than its records')
    if (!sameBytes(source.raw(markLength), mark))
      throw metadataInvalid('the end of an Avro block is not where it should be')
  }
  return { schema, metadata, records }
}

/** A schema that holds itself can go deeper than the stack. */
function readRecord(read: ValueReader, block: ByteSource): unknown {
  try {
    return read(block)
  } catch (error) {
    if (error instanceof RangeError) throw metadataInvalid('a record of the Avro file is nested too deeply', error)
    throw error
  }
}

function unpacker(codec: string): (packed: Uint8Array) => Uint8Array {
  switch (codec) {
    case 'null':
      return (packed) => packed
    case 'deflate':
      return (packed) => unpacked(() => inflateRawSync(packed, { maxOutputLength }))
    case 'zstandard':
      return (packed) => unpacked(() => zstdDecompressSync(packed, { maxOutputLength }))
    default:
      throw metadataInvalid(`Avro blocks packed with ${JSON.stringify(codec)} are not supported`)
  }
}

function unpacked(unpack: () => Uint8Array): Uint8Array {
  try {
    return unpack()
  } catch (error) {
    throw metadataInvalid('an Avro block cannot be unpacked', error)
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
