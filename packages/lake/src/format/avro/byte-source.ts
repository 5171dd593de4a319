import { metadataInvalid } from '../metadata-invalid.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes that are being read, in Avro's binary encoding. Whatever they hold, reading ends in a value or a typed error. */
export class ByteSource {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    // A Buffer's `slice` shares memory: what is read must outlive the file.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  byte(): number {
    const value = this.#bytes[this.#at]
    if (value === undefined) throw endsEarly()
    this.#at += 1
    return value
  }

  /** A number, or a bigint where a number would not be exact. */
  long(): number | bigint {
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    }
    return this.#wide(BigInt(low))
  }

  #wide(low: bigint): number | bigint {
    let bits = low
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.byte()
      bits |= BigInt(byte & 0x7f) << shift
      if (byte >= 0x80) continue
      const value = BigInt.asIntN(64, (bits >> 1n) ^ -(bits & 1n))
      const near = Number(value)
      return Number.isSafeInteger(near) ? near : value
    }
    throw metadataInvalid('an Avro integer has more than 64 bits')
  }

  /** A length or a position in this file. */
  count(): number {
    const value = this.long()
    if (typeof value === 'bigint' || value < 0) throw metadataInvalid(`an Avro length of ${value} is not possible`)
    return value
  }

  float(): number {
    return this.#view.getFloat32(this.#skip(4), true)
  }

  double(): number {
    return this.#view.getFloat64(this.#skip(8), true)
  }

  raw(length: number): Uint8Array {
    const start = this.#skip(length)
    return this.#bytes.slice(start, start + length)
  }

  bytes(): Uint8Array {
    return this.raw(this.count())
  }

  string(): string {
    const length = this.count()
    const start = this.#skip(length)
    try {
      return utf8.decode(this.#bytes.subarray(start, start + length))
    } catch (error) {
      throw metadataInvalid('an Avro text is not UTF-8', error)
    }
  }

  #skip(length: number): number {
    if (length > this.remaining) throw endsEarly()
    const start = this.#at
    this.#at += length
    return start
  }
}

function endsEarly(): Error {
  return metadataInvalid('the Avro file ends early')
}
