import { inflateRawSync, zstdDecompressSync } from 'node:zlib'
import { parseAvroSchema } from '../../format/avro/parse-avro-schema.ts'
import type { AvroSchema } from '../../format/avro/avro-schema.ts'
import { ByteSource } from '../../format/avro/byte-source.ts'
import { valueReader } from '../../format/avro/value-reader.ts'
import { unpackSnappy } from './unpack-snappy.ts'

const markLength = 16

/** An Avro file, read block by block: memory holds one block. */
export interface AvroBlocks {
  readonly schema: AvroSchema
  /** Records of one block, in the form of the writer's schema. */
  readonly blocks: AsyncIterable<readonly unknown[]>
}

/** Opens an Avro object container file. Throws what is wrong with it. */
export async function openAvro(bytes: AsyncIterable<Uint8Array>): Promise<AvroBlocks> {
  const feed = new Feed(bytes)
  const header = await feed.read((source) => {
    if (Buffer.from(source.raw(4)).toString('latin1') !== 'Obj\u0001') throw new Error('it is no Avro file')
    const entries = valueReader({ type: 'map', values: 'bytes' })(source) as ReadonlyMap<string, Uint8Array>
    source.raw(markLength)
    return new Map([...entries].map(([key, value]) => [key, Buffer.from(value).toString('utf8')]))
  })
  if (header === undefined) throw new Error('it is no Avro file')
  const schema = parseAvroSchema(header.get('avro.schema'))
  const unpack = unpacker(header.get('avro.codec') ?? 'null')
  const read = valueReader(schema)
  async function* blocks(): AsyncGenerator<readonly unknown[]> {
    for (;;) {
      const block = await feed.read((source) => {
        const count = source.count()
        const body = source.bytes()
        source.raw(markLength)
        return { count, body }
      })
      if (block === undefined) return
      const source = new ByteSource(unpack(block.body))
      yield Array.from({ length: block.count }, () => read(source))
    }
  }
  return { schema, blocks: blocks() }
}

/** Bytes as they come, read in whole pieces. */
class Feed {
  #bytes: Uint8Array = new Uint8Array(0)
  readonly #more: AsyncIterator<Uint8Array>

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#more = bytes[Symbol.asyncIterator]()
  }

  /** Undefined at the end of the bytes. What is cut is tried again with more. */
  async read<T>(piece: (source: ByteSource) => T): Promise<T | undefined> {
    for (;;) {
      if (this.#bytes.length > 0) {
        const source = new ByteSource(this.#bytes)
        const found = attempt(() => piece(source))
        if (found !== undefined) {
          this.#bytes = this.#bytes.subarray(this.#bytes.length - source.remaining)
          return found
        }
      }
      // Twice as much each time, so that a big block is not tried too often.
      const wanted = Math.max(1, this.#bytes.length)
      if (!(await this.#fill(wanted))) {
        if (this.#bytes.length === 0) return undefined
        return piece(new ByteSource(this.#bytes))
      }
    }
  }

  async #fill(wanted: number): Promise<boolean> {
    const chunks = [this.#bytes]
    let size = 0
    while (size < wanted) {
      const next = await this.#more.next()
      if (next.done) break
      chunks.push(next.value)
      size += next.value.length
    }
    this.#bytes = Buffer.concat(chunks)
    return size > 0
  }
}

function attempt<T>(piece: () => T): T | undefined {
  try {
    return piece()
  } catch {
    return undefined
  }
}

function unpacker(codec: string): (packed: Uint8Array) => Uint8Array {
  switch (codec) {
    case 'null':
      return (packed) => packed
    case 'deflate':
      return (packed) => inflateRawSync(packed)
    case 'zstandard':
      return (packed) => zstdDecompressSync(packed)
    case 'snappy':
      return (packed) => unpackSnappy(packed.subarray(0, -4))
    default:
      throw new Error(`its blocks are packed with ${codec}, which is not read; write it with deflate`)
  }
}
