import { digest } from '@sluice/core'

/** A small, fast generator (sfc32) seeded from a text: the same text gives the same sequence. Not for secrets. */
export function seededRandom(seed: string): () => number {
  const bytes = Buffer.from(digest(seed), 'base64url')
  let a = bytes.readUInt32LE(0)
  let b = bytes.readUInt32LE(4)
  let c = bytes.readUInt32LE(8)
  let counter = bytes.readUInt32LE(12)
  return () => {
    const t = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    return ((t ^ (c >>> 16)) >>> 0) / 2 ** 32
  }
}
