import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { deflateRawSync } from 'node:zlib'

/** A column of an Avro file. Every value may be missing. */
export interface AvroField {
  readonly name: string
  readonly type: 'long' | 'float' | 'double' | 'string' | 'timestamp'
}

/** Values as CSV has them; null or an empty text is none. */
export type AvroRecord = readonly (string | null)[]

/** Writes records as an Avro container, a block for each group that comes: memory stays flat. Gives how many there were. */
export async function writeAvro(
  file: string,
  fields: readonly AvroField[],
  groups: AsyncIterable<readonly AvroRecord[]>,
): Promise<number> {
  const sync = randomBytes(16)
  await using handle = await open(file, 'w')
  const head = createBytes()
  head.raw(Buffer.from('Obj\u0001', 'latin1'))
  head.long(2)
  head.text('avro.schema')
  head.text(JSON.stringify(schemaOf(fields)))
  head.text('avro.codec')
  head.text('deflate')
  head.long(0)
  head.raw(sync)
  await handle.appendFile(head.take())
  const block = createBytes()
  let count = 0
  for await (const records of groups) {
    if (records.length === 0) continue
    for (const record of records) for (const [i, field] of fields.entries()) writeValue(block, field, record[i])
    count += records.length
    const packed = deflateRawSync(block.take(), { level: 1 })
    head.long(records.length)
    head.long(packed.length)
    await handle.appendFile(Buffer.concat([head.take(), packed, sync]))
  }
  return count
}

function schemaOf(fields: readonly AvroField[]): object {
  const typeOf = (type: AvroField['type']): unknown =>
    type === 'timestamp' ? { type: 'long', logicalType: 'local-timestamp-micros' } : type
  return {
    type: 'record',
    name: 'trip',
    fields: fields.map(({ name, type }) => ({ name, type: ['null', typeOf(type)], default: null })),
  }
}

type Bytes = ReturnType<typeof createBytes>

/** The place in the union, 0 for no value, and the value. */
function writeValue(bytes: Bytes, { type }: AvroField, value: string | null | undefined): void {
  if (value === null || value === undefined || value === '') return bytes.long(0)
  bytes.long(1)
  if (type === 'long') bytes.long(Math.trunc(Number(value)))
  else if (type === 'timestamp') bytes.long(Date.parse(`${value.replace(' ', 'T')}Z`) * 1_000)
  else if (type === 'string') bytes.text(value)
  else bytes.number(Number(value), type)
}

/** Bytes that grow, in Avro's encodings. */
function createBytes() {
  let buffer = Buffer.allocUnsafe(1 << 16)
  let end = 0
  const room = (more: number): void => {
    if (end + more > buffer.length) buffer = Buffer.concat([buffer.subarray(0, end)], (end + more) * 2)
  }
  const raw = (bytes: Uint8Array): void => {
    room(bytes.length)
    buffer.set(bytes, end)
    end += bytes.length
  }
  // Zigzag by arithmetic: times in microseconds are beyond the 32 bits of shifts.
  const long = (value: number): void => {
    room(10)
    let rest = value < 0 ? -2 * value - 1 : 2 * value
    for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[end++] = (rest % 128) + 128
    buffer[end++] = rest
  }
  return {
    raw,
    long,
    text(value: string): void {
      const bytes = Buffer.from(value)
      long(bytes.length)
      raw(bytes)
    },
    number(value: number, type: 'float' | 'double'): void {
      room(8)
      end = type === 'float' ? buffer.writeFloatLE(value, end) : buffer.writeDoubleLE(value, end)
    },
    take(): Buffer {
      const taken = Buffer.from(buffer.subarray(0, end))
      end = 0
      return taken
    },
  }
}
