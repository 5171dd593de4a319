/** Unpacks one raw Snappy block: what most writers of Avro files pack with, and Node cannot unpack. Throws on damage. */
export function unpackSnappy(packed: Uint8Array): Uint8Array {
  let at = 0
  const byte = (): number => {
    const value = packed[at++]
    if (value === undefined) throw new Error('a Snappy block ends too early')
    return value
  }
  const little = (bytes: number): number => {
    let value = 0
    for (let i = 0; i < bytes; i++) value += byte() * 2 ** (8 * i)
    return value
  }
  const out = Buffer.alloc(varint(byte))
  let filled = 0
  while (at < packed.length) {
    const tag = byte()
    if ((tag & 3) === 0) {
      const short = tag >> 2
      const length = (short < 60 ? short : little(short - 59)) + 1
      if (at + length > packed.length || filled + length > out.length) throw new Error('a Snappy block is damaged')
      out.set(packed.subarray(at, at + length), filled)
      at += length
      filled += length
      continue
    }
    const { length, offset } = copyOf(tag, byte, little)
    if (offset === 0 || offset > filled || filled + length > out.length) throw new Error('a Snappy block is damaged')
    // Byte by byte: source and target may overlap, which repeats what was just written.
    for (let i = 0; i < length; i++, filled++) out[filled] = out[filled - offset] as number
  }
  if (filled !== out.length) throw new Error('a Snappy block is shorter than it says')
  return out
}

function copyOf(
  tag: number,
  byte: () => number,
  little: (bytes: number) => number,
): { readonly length: number; readonly offset: number } {
  if ((tag & 3) === 1) return { length: ((tag >> 2) & 7) + 4, offset: ((tag >> 5) << 8) + byte() }
  return { length: (tag >> 2) + 1, offset: little((tag & 3) === 2 ? 2 : 4) }
}

/** Blocks are at most some megabytes: a length beyond that is damage. */
const longest = 1 << 30

function varint(byte: () => number): number {
  let [value, scale] = [0, 1]
  for (;;) {
    const next = byte()
    value += (next & 127) * scale
    if (value > longest) throw new Error('a Snappy block is damaged')
    if (next < 128) return value
    scale *= 128
  }
}
