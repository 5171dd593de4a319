import { createHmac, hash } from 'node:crypto'

/** 128 bits of SHA-256 as 22 characters of base64url: short enough for a key in every row, wide enough never to collide. */
export function digest(text: string): string {
  return cut(hash('sha256', text, 'base64url'))
}

/** SHA-256 in hex: the name under which content is stored. */
export function contentHash(bytes: string | Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}

/** Like {@link digest}, but worth nothing without the key: for texts that could be guessed, such as secrets. */
export function keyedDigest(key: string | Uint8Array, text: string): string {
  return cut(createHmac('sha256', key).update(text).digest('base64url'))
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * The first 16 bytes of a hash in base64url. The 22nd character holds the last 2 of the 128 bits; its others are zeroed, so
 * that the text survives a way through bytes. Cutting text costs 0.5 µs, making a Buffer of the hash 1.5 µs.
 */
function cut(hashed: string): string {
  return hashed.slice(0, 21) + 'AQgw'.charAt(alphabet.indexOf(hashed.charAt(21)) >> 4)
}
