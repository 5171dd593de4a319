/** A signed integer in the fewest bytes of two's complement, or in exactly `length`, the highest byte first. */
export function toBigEndian(value: bigint, length: number = fewestBytes(value)): Uint8Array {
  const bytes = new Uint8Array(length)
  let rest = value
  for (let index = length - 1; index >= 0; index -= 1) {
    bytes[index] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

/** The reverse; no bytes are 0. */
export function fromBigEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return BigInt.asIntN(bytes.length * 8, value)
}

function fewestBytes(value: bigint): number {
  const magnitude = value < 0n ? -value - 1n : value
  let bytes = 1
  while (magnitude >> BigInt(8 * bytes - 1) > 0n) bytes += 1
  return bytes
}
